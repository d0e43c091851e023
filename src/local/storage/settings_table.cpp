#include "local/storage/settings_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"
#include "local/storage/object_table.h"

namespace imagemill::local {
namespace {

constexpr const char* kNotifications = "notifications";

constexpr std::array<std::pair<const char*, std::string Notification::*>, 5> kFields = {{
    {"event_prefix", &Notification::event_prefix},
    {"function", &Notification::function},
    {"id", &Notification::id},
    {"key_prefix", &Notification::key_prefix},
    {"key_suffix", &Notification::key_suffix},
}};

}  // namespace

Result<std::optional<std::string>> find_setting(Database& database, const std::string& bucket,
                                                const std::string& name) {
    Statement select =
        TRY(database.prepare("SELECT text FROM bucket_settings WHERE bucket = ? AND name = ?"));
    if (!TRY(select.bind(1, bucket).bind(2, name).step())) return std::optional<std::string>();
    return std::optional(select.text(0));
}

Result<void> put_setting(Database& database, const std::string& bucket, const std::string& name,
                         const std::string& text) {
    Statement insert =
        TRY(database.prepare("INSERT OR REPLACE INTO bucket_settings (bucket, name, text) "
                             "VALUES (?, ?, ?)"));
    return insert.bind(1, bucket).bind(2, name).bind(3, text).run();
}

Result<void> delete_setting(Database& database, const std::string& bucket,
                            const std::string& name) {
    Statement remove =
        TRY(database.prepare("DELETE FROM bucket_settings WHERE bucket = ? AND name = ?"));
    return remove.bind(1, bucket).bind(2, name).run();
}

Result<void> delete_settings(Database& database, const std::string& bucket) {
    Statement remove = TRY(database.prepare("DELETE FROM bucket_settings WHERE bucket = ?"));
    return remove.bind(1, bucket).run();
}

Result<std::vector<Notification>> notifications_of(Database& database, const std::string& bucket,
                                                   const std::vector<Notification>& defaults) {
    const auto text = TRY(find_setting(database, bucket, kNotifications));
    if (text) return parse_notifications(*text, bucket);
    std::vector<Notification> found;
    for (const Notification& notification : defaults) {
        if (notification.bucket == bucket) found.push_back(notification);
    }
    return found;
}

std::vector<Notification> matching(const std::vector<Notification>& notifications,
                                   const std::string& event_name, const std::string& key) {
    std::vector<Notification> found;
    for (const Notification& notification : notifications) {
        const bool is_match = event_name.starts_with(notification.event_prefix) &&
                              key.starts_with(notification.key_prefix) &&
                              key.ends_with(notification.key_suffix);
        const bool is_told = std::ranges::any_of(found, [&](const Notification& other) {
            return !other.id.empty() && other.id == notification.id;
        });
        if (is_match && !is_told) found.push_back(notification);
    }
    return found;
}

std::string format_notifications(const std::vector<Notification>& notifications) {
    json::array list;
    for (const Notification& notification : notifications) {
        json::object object;
        for (const auto& [name, field] : kFields) {
            if (!(notification.*field).empty()) object[name] = notification.*field;
        }
        list.push_back(std::move(object));
    }
    return json::serialize(list);
}

Result<std::vector<Notification>> parse_notifications(const std::string& text,
                                                      const std::string& bucket) {
    const auto damaged = [&](const Error& error) {
        return Error{Code::internal,
                     "The notifications kept for " + bucket + " are damaged: " + error.message};
    };
    const Result<json::value> value = parse_json(text);
    if (!value) return damaged(value.error());
    const auto elements = JsonReader(*value).elements();
    if (!elements) return damaged(elements.error());
    std::vector<Notification> notifications;
    for (const JsonReader& element : *elements) {
        Notification notification;
        notification.bucket = bucket;
        for (const auto& [name, field] : kFields) {
            const auto member = element.find(name);
            if (!member) return damaged(member.error());
            if (!*member) continue;
            auto said = (*member)->string();
            if (!said) return damaged(said.error());
            notification.*field = *std::move(said);
        }
        notifications.push_back(std::move(notification));
    }
    return notifications;
}

Result<std::optional<std::string>> CatalogSettings::find(const std::string& bucket,
                                                         const std::string& name) {
    return catalog_.read([&](Database& database) -> Result<std::optional<std::string>> {
        TRY(check_bucket(database, bucket));
        return find_setting(database, bucket, name);
    });
}

Result<void> CatalogSettings::put(const std::string& bucket, const std::string& name,
                                  const std::string& text) {
    return catalog_.write(Sync::full, [&](Database& database) -> Result<void> {
        TRY(check_bucket(database, bucket));
        return put_setting(database, bucket, name, text);
    });
}

Result<void> CatalogSettings::remove(const std::string& bucket, const std::string& name) {
    return catalog_.write(Sync::full, [&](Database& database) -> Result<void> {
        TRY(check_bucket(database, bucket));
        return delete_setting(database, bucket, name);
    });
}

Result<std::vector<Notification>> CatalogSettings::notifications(const std::string& bucket) {
    return catalog_.read([&](Database& database) -> Result<std::vector<Notification>> {
        TRY(check_bucket(database, bucket));
        return notifications_of(database, bucket, defaults_);
    });
}

Result<void> CatalogSettings::set_notifications(const std::string& bucket,
                                                const std::vector<Notification>& notifications) {
    return put(bucket, kNotifications, format_notifications(notifications));
}

}  // namespace imagemill::local
