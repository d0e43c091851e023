#include "local/storage/directory_store.h"

#include <array>
#include <cstdio>
#include <utility>

#include "aws/s3_event.h"
#include "local/storage/check.h"
#include "local/storage/file_upload.h"
#include "local/storage/files.h"
#include "local/storage/listing.h"
#include "local/storage/recovery.h"

namespace imagemill::local {
namespace {

constexpr std::size_t kGarbageBatch = 64;  // Folders are synced once for so many old files.
constexpr int kOpenAttemptsMax = 100;      // Each means that the object was overwritten again.

Result<void> check_conditions(const std::optional<ObjectRow>& former,
                              const WriteConditions& conditions, const std::string& name) {
    if (conditions.if_none_match && former) {
        return Error{Code::precondition_failed, "There is an object " + name + " already."};
    }
    if (conditions.if_match.empty()) return {};
    if (!former) return Error{Code::no_such_key, "There is no object " + name + "."};
    const bool is_match = conditions.if_match == "*" || conditions.if_match == former->object.etag;
    if (is_match && conditions.unchanged_since.value_or(Time::max()) < former->object.modified) {
        return Error{Code::conflict, name + " was written since the upload was created."};
    }
    if (is_match) return {};
    return Error{Code::precondition_failed, name + " has the ETag " + former->object.etag +
                                                ", not " + conditions.if_match + "."};
}

std::string format_sequencer(std::int64_t number) {
    std::array<char, 17> text = {};
    std::snprintf(text.data(), text.size(), "%016llX", static_cast<unsigned long long>(number));
    return text.data();
}

}  // namespace

DirectoryStore::~DirectoryStore() {
    forget_garbage_files(std::exchange(removed_, {}));
}

Result<void> DirectoryStore::create_bucket(const std::string& name) {
    const StoredBucket bucket = {.name = name, .created = clock_.now()};
    return catalog().write(Sync::full,
                           [&](Database& database) { return put_bucket(database, bucket); });
}

Result<void> DirectoryStore::head_bucket(const std::string& name) {
    return catalog().read([&](Database& database) { return check_bucket(database, name); });
}

Result<std::vector<StoredBucket>> DirectoryStore::list_buckets() {
    return catalog().read(all_buckets);
}

Result<void> DirectoryStore::remove_bucket(const std::string& name) {
    std::vector<std::string> garbage;
    const auto change = [&](Database& database) -> Result<void> {
        TRY(check_bucket(database, name));
        if (TRY(has_objects(database, name))) {
            return Error{Code::conflict, "The bucket " + name + " is not empty."};
        }
        garbage = TRY(delete_uploads_of(database, name));
        TRY(delete_settings(database, name));
        return delete_bucket(database, name);
    };
    TRY(catalog().write(Sync::full, change));
    for (const std::string& file : garbage) discard(file);
    return {};
}

Result<std::unique_ptr<Upload>> DirectoryStore::begin() {
    FreshFile fresh = TRY(fresh_files_.take());
    std::unique_ptr<Upload> upload = std::make_unique<FileUpload>(*this, std::move(fresh));
    return upload;
}

Result<std::unique_ptr<Upload>> DirectoryStore::copy(const OpenedObject& source) {
    // A file is never rewritten, so two objects may share it. The ETag of one that was uploaded in
    // parts is no MD5 of its bytes, and a copy's is: those are read.
    std::string id = ObjectFiles::make_id();
    const bool has_md5 = source.object.etag.find('-') == std::string::npos;
    if (has_md5 && TRY(files().link(source.file, id))) {
        std::unique_ptr<Upload> linked = std::make_unique<FileUpload>(
            *this, std::move(id), source.object.etag, source.object.size_bytes);
        return linked;
    }
    std::unique_ptr<Upload> upload = TRY(begin());
    TRY(write_from(source.file, source.object.size_bytes, *upload));
    return upload;
}

Result<StoredObject> DirectoryStore::head(const std::string& bucket, const std::string& key) {
    ObjectRow row = TRY(find(bucket, key));
    return std::move(row.object);
}

Result<ListAnswer> DirectoryStore::list(const std::string& bucket, const ListQuery& query) {
    return catalog().read([&](Database& database) -> Result<ListAnswer> {
        TRY(check_bucket(database, bucket));
        return list_objects(database, bucket, query);
    });
}

Result<std::vector<Finding>> DirectoryStore::check(
    const std::function<void(std::int64_t, std::int64_t)>& progress) {
    return check_store(catalog(), files(), progress);
}

Result<ObjectRow> DirectoryStore::find(const std::string& bucket, const std::string& key) {
    return catalog().read([&](Database& database) { return get_object(database, bucket, key); });
}

Result<void> DirectoryStore::put(Exchange& exchange, const WriteConditions& conditions,
                                 const Origin& origin, bool& in_doubt) {
    StoredObject& object = exchange.object;
    Change change;
    change.apply = [&](Database& database) -> Result<void> {
        TRY(check_bucket(database, object.bucket));
        const std::optional<ObjectRow> former =
            TRY(find_object(database, object.bucket, object.key));
        TRY(check_conditions(former, conditions, object.bucket + "/" + object.key));
        object.modified = clock_.now();
        if (exchange.also) TRY(exchange.also(database));
        TRY(put_object(database, {.object = object, .file = exchange.file}));
        if (former) {
            TRY(add_garbage(database, former->file));
            exchange.former = former->file;
        }
        return insert_events(database, exchange, origin);
    };
    const Result<void> committed = catalog().write(change);
    in_doubt = change.in_doubt;
    if (!committed) return committed;

    // It is there, and found in tmp/ too should it have to stay until the next start.
    const Result<void> settled = files().settle(exchange.file);
    if (!settled) log_.warn("an object's file stays in tmp/", {{"why", settled.error().message}});
    discard(exchange.former);
    if (exchange.has_events) queue_.tell_added();
    return {};
}

Result<void> DirectoryStore::remove(const std::string& bucket, const std::string& key,
                                    const WriteConditions& conditions, const Origin& origin) {
    const auto answers = TRY(remove_all(bucket, {{.key = key, .conditions = conditions}}, origin));
    return answers.front();
}

Result<std::vector<Result<void>>> DirectoryStore::remove_all(const std::string& bucket,
                                                             const std::vector<Removal>& removals,
                                                             const Origin& origin) {
    std::vector<Result<void>> answers(removals.size());
    std::vector<Exchange> exchanges(removals.size());
    const auto change = [&](Database& database) -> Result<void> {
        TRY(check_bucket(database, bucket));
        for (std::size_t i = 0; i < removals.size(); ++i) {
            exchanges[i].object.bucket = bucket;
            exchanges[i].object.key = removals[i].key;
            answers[i] = remove_one(database, exchanges[i], removals[i].conditions, origin);
            const bool is_refused =
                !answers[i] && (answers[i].error().code == Code::no_such_key ||
                                answers[i].error().code == Code::precondition_failed);
            if (!answers[i] && !is_refused) return answers[i];
        }
        return {};
    };
    TRY(catalog().write(Sync::full, change));
    bool has_events = false;
    for (const Exchange& exchange : exchanges) {
        discard(exchange.former);
        has_events = has_events || exchange.has_events;
    }
    if (has_events) queue_.tell_added();
    return answers;
}

Result<void> DirectoryStore::remove_one(Database& database, Exchange& exchange,
                                        const WriteConditions& conditions,
                                        const Origin& origin) const {
    StoredObject& object = exchange.object;
    const std::optional<ObjectRow> former = TRY(find_object(database, object.bucket, object.key));
    TRY(check_conditions(former, conditions, object.bucket + "/" + object.key));
    if (!former) return {};
    object.modified = clock_.now();
    exchange.former = former->file;
    TRY(delete_object(database, object.bucket, object.key));
    TRY(add_garbage(database, former->file));
    return insert_events(database, exchange, origin);
}

Result<void> DirectoryStore::tag(const std::string& bucket, const std::string& key,
                                 const std::map<std::string, std::string>& tags) {
    return catalog().write(Sync::full, [&](Database& database) -> Result<void> {
        ObjectRow row = TRY(get_object(database, bucket, key));
        row.object.attributes.tags = tags;
        return put_object(database, row);
    });
}

Result<OpenedObject> DirectoryStore::open(const std::string& bucket, const std::string& key) {
    ObjectRow row = TRY(find(bucket, key));
    for (int attempt = 0; attempt < kOpenAttemptsMax; ++attempt) {
        std::optional<Fd> file = TRY(files().open_for_reading(row.file));
        if (file) {
            const std::int64_t size = TRY(size_of(*file, files().path_in_objects(row.file)));
            if (size != row.object.size_bytes) return missing_file(row);
            return OpenedObject{.object = std::move(row.object), .file = *std::move(file)};
        }
        // Overwritten since its row was read, it has another file now.
        ObjectRow now = TRY(find(bucket, key));
        if (now.file == row.file) return missing_file(row);
        row = std::move(now);
    }
    return Error{Code::unavailable,
                 bucket + "/" + key + " is overwritten faster than it can be opened."};
}

Result<void> DirectoryStore::insert_events(Database& database, Exchange& exchange,
                                           const Origin& origin) const {
    const StoredObject& object = exchange.object;
    const std::int64_t number = TRY(next_event_id(database));
    const store::ObjectEvent event = {
        .kind = exchange.file.empty() ? store::EventKind::removed : store::EventKind::created,
        .name = origin.event_name,
        .bucket = object.bucket,
        .key = object.key,
        .etag = object.etag,
        .size_bytes = object.size_bytes,
        .sequencer = format_sequencer(number),
        .time = object.modified};
    aws::S3EventContext context;
    context.region = options_.region;
    context.source_ip = origin.source_ip;
    context.request_id = origin.request_id;
    if (!origin.principal.empty()) context.principal_id = "AWS:" + origin.principal;
    const auto notifications =
        TRY(notifications_of(database, object.bucket, options_.notifications));
    for (const Notification& notification :
         matching(notifications, origin.event_name, object.key)) {
        TRY(insert_event(database, {.function = notification.function,
                                    .payload = aws::format_s3_event(event, context),
                                    .trace_id = origin.trace_id,
                                    .now = object.modified}));
        exchange.has_events = true;
    }
    return {};
}

Error DirectoryStore::missing_file(const ObjectRow& row) const {
    const std::string path = files().path_in_objects(row.file);
    const std::string name = row.object.bucket + "/" + row.object.key;
    log_.error("an object's file is missing or cut", {{"object", name}, {"file", path}});
    return Error{Code::unavailable, "The bytes of " + name +
                                        " are missing or cut on this server's disk. Put it again, "
                                        "or bring its file back."};
}

// The file now; its garbage row later, with others.
void DirectoryStore::discard(const std::string& file) {
    if (file.empty()) return;
    const Result<void> removed = files().remove(file);
    if (!removed) {
        log_.warn("an old file stays until the next start", {{"why", removed.error().message}});
        return;
    }
    std::vector<std::string> batch;
    {
        const std::lock_guard lock(mutex_);
        removed_.push_back(file);
        if (removed_.size() >= kGarbageBatch) batch = std::exchange(removed_, {});
    }
    forget_garbage_files(batch);
}

void DirectoryStore::forget_garbage_files(const std::vector<std::string>& removed) {
    if (removed.empty()) return;
    const Result<void> forgotten = forget_removed(catalog(), files(), removed);
    if (!forgotten) log_.warn("garbage rows stay", {{"why", forgotten.error().message}});
}

}  // namespace imagemill::local
