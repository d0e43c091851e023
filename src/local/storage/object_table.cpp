#include "local/storage/object_table.h"

#include <array>
#include <utility>

#include "base/json.h"

namespace imagemill::local {
namespace {

constexpr std::array<std::pair<const char*, std::string Attributes::*>, 10> kFields = {{
    {"content_type", &Attributes::content_type},
    {"content_encoding", &Attributes::content_encoding},
    {"content_language", &Attributes::content_language},
    {"content_disposition", &Attributes::content_disposition},
    {"cache_control", &Attributes::cache_control},
    {"expires", &Attributes::expires},
    {"checksum_algorithm", &Attributes::checksum_algorithm},
    {"checksum", &Attributes::checksum},
    {"checksum_type", &Attributes::checksum_type},
    {"part_layout", &Attributes::part_layout},
}};
constexpr std::array<std::pair<const char*, std::map<std::string, std::string> Attributes::*>, 2>
    kMaps = {{{"metadata", &Attributes::metadata}, {"tags", &Attributes::tags}}};

}  // namespace

Result<void> put_bucket(Database& database, const StoredBucket& bucket) {
    Statement insert =
        TRY(database.prepare("INSERT OR IGNORE INTO buckets (name, created_ms) VALUES (?, ?)"));
    return insert.bind(1, bucket.name).bind(2, bucket.created.time_since_epoch().count()).run();
}

Result<std::vector<StoredBucket>> all_buckets(Database& database) {
    Statement select = TRY(database.prepare("SELECT name, created_ms FROM buckets ORDER BY name"));
    std::vector<StoredBucket> buckets;
    while (TRY(select.step())) {
        buckets.push_back({select.text(0), Time(Milliseconds(select.integer(1)))});
    }
    return buckets;
}

Result<void> check_bucket(Database& database, const std::string& bucket) {
    Statement select = TRY(database.prepare("SELECT 1 FROM buckets WHERE name = ?"));
    if (TRY(select.bind(1, bucket).step())) return {};
    return Error{Code::no_such_bucket, "There is no bucket " + bucket + "."};
}

Result<bool> has_objects(Database& database, const std::string& bucket) {
    Statement select = TRY(database.prepare("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1"));
    return select.bind(1, bucket).step();
}

Result<void> delete_bucket(Database& database, const std::string& bucket) {
    Statement remove = TRY(database.prepare("DELETE FROM buckets WHERE name = ?"));
    return remove.bind(1, bucket).run();
}

Result<std::optional<ObjectRow>> find_object(Database& database, const std::string& bucket,
                                             const std::string& key) {
    Statement select =
        TRY(database.prepare("SELECT file, etag, size_bytes, modified_ms, attributes FROM objects "
                             "WHERE bucket = ? AND key = ?"));
    select.bind(1, bucket).bind(2, key);
    if (!TRY(select.step())) return std::optional<ObjectRow>();
    ObjectRow row;
    row.object.bucket = bucket;
    row.object.key = key;
    row.file = select.text(0);
    row.object.etag = select.text(1);
    row.object.size_bytes = select.integer(2);
    row.object.modified = Time(Milliseconds(select.integer(3)));
    Result<Attributes> attributes = parse_attributes(select.text(4));
    if (!attributes) {
        return Error{Code::unavailable, "The catalog's row of " + bucket + "/" + key +
                                            " is damaged: " + attributes.error().message};
    }
    row.object.attributes = *std::move(attributes);
    return std::optional(std::move(row));
}

Result<ObjectRow> get_object(Database& database, const std::string& bucket,
                             const std::string& key) {
    std::optional<ObjectRow> row = TRY(find_object(database, bucket, key));
    if (row) return *std::move(row);
    TRY(check_bucket(database, bucket));
    return Error{Code::no_such_key, "There is no object " + bucket + "/" + key + "."};
}

Result<void> put_object(Database& database, const ObjectRow& row) {
    Statement insert =
        TRY(database.prepare("INSERT OR REPLACE INTO objects "
                             "(bucket, key, file, etag, size_bytes, modified_ms, attributes) "
                             "VALUES (?, ?, ?, ?, ?, ?, ?)"));
    const StoredObject& object = row.object;
    insert.bind(1, object.bucket).bind(2, object.key).bind(3, row.file).bind(4, object.etag);
    insert.bind(5, object.size_bytes).bind(6, object.modified.time_since_epoch().count());
    return insert.bind(7, format_attributes(object.attributes)).run();
}

Result<void> delete_object(Database& database, const std::string& bucket, const std::string& key) {
    Statement remove = TRY(database.prepare("DELETE FROM objects WHERE bucket = ? AND key = ?"));
    return remove.bind(1, bucket).bind(2, key).run();
}

Result<void> add_garbage(Database& database, const std::string& file) {
    Statement insert = TRY(database.prepare("INSERT INTO garbage (file) VALUES (?)"));
    return insert.bind(1, file).run();
}

Result<void> forget_garbage(Database& database, const std::vector<std::string>& files) {
    Statement remove = TRY(database.prepare("DELETE FROM garbage WHERE file = ?"));
    for (const std::string& file : files) {
        TRY(remove.bind(1, file).run());
        remove.rewind();
    }
    return {};
}

Result<std::vector<std::string>> all_garbage(Database& database) {
    Statement select = TRY(database.prepare("SELECT file FROM garbage"));
    std::vector<std::string> files;
    while (TRY(select.step())) files.push_back(select.text(0));
    return files;
}

std::string format_attributes(const Attributes& attributes) {
    json::object object;
    for (const auto& [name, field] : kFields) {
        if (!(attributes.*field).empty()) object[name] = attributes.*field;
    }
    for (const auto& [name, field] : kMaps) {
        if ((attributes.*field).empty()) continue;
        json::object& pairs = object[name].emplace_object();
        for (const auto& [key, value] : attributes.*field) pairs[key] = value;
    }
    return json::serialize(object);
}

Result<Attributes> parse_attributes(const std::string& text) {
    const json::value value = TRY(parse_json(text));
    const JsonReader reader(value);
    Attributes attributes;
    attributes.content_type.clear();
    for (const auto& [name, field] : kFields) {
        const std::optional<JsonReader> member = TRY(reader.find(name));
        if (member) attributes.*field = TRY(member->string());
    }
    for (const auto& [name, field] : kMaps) {
        const std::optional<JsonReader> map = TRY(reader.find(name));
        if (!map) continue;
        const json::object* pairs = map->value().if_object();
        if (pairs == nullptr) return map->expected("an object of texts");
        for (const auto& [key, ignored] : *pairs) {
            const JsonReader member = TRY(map->at(key));
            (attributes.*field)[key] = TRY(member.string());
        }
    }
    return attributes;
}

}  // namespace imagemill::local
