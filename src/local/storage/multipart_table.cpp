#include "local/storage/multipart_table.h"

#include <algorithm>
#include <set>
#include <utility>

#include "local/storage/listing.h"
#include "local/storage/object_table.h"

namespace imagemill::local {
namespace {

constexpr int kAllParts = kPartNumberMax;
// Clients repeat a request for minutes, at most for days. (Amazon names no time.)
constexpr Milliseconds kRememberedFor = std::chrono::hours(7 * 24);

Error no_such_upload(const UploadRef& ref) {
    return {Code::no_such_upload,
            "There is no upload " + ref.id + " of " + ref.bucket + "/" + ref.key + "."};
}

// Columns from `first` on: key, id, started_ms, principal, attributes.
Result<OpenUpload> read_upload(const Statement& select, const std::string& bucket) {
    OpenUpload upload;
    upload.ref = {.bucket = bucket, .key = select.text(0), .id = select.text(1)};
    upload.started = Time(Milliseconds(select.integer(2)));
    upload.principal = select.text(3);
    Result<Attributes> attributes = parse_attributes(select.text(4));
    if (!attributes) {
        return Error{Code::unavailable, "The catalog's row of the upload " + upload.ref.id +
                                            " is damaged: " + attributes.error().message};
    }
    upload.attributes = *std::move(attributes);
    return upload;
}

PartRow read_part(const Statement& select) {
    return {.part = {.number = static_cast<int>(select.integer(0)),
                     .etag = select.text(1),
                     .size_bytes = select.integer(2),
                     .modified = Time(Milliseconds(select.integer(3))),
                     .checksum = select.text(4)},
            .file = select.text(5),
            .offset_bytes = select.integer(6)};
}

std::optional<std::string> common_prefix_of(const std::string& key, const UploadQuery& query) {
    if (query.delimiter.empty()) return std::nullopt;
    const std::size_t at = key.find(query.delimiter, query.prefix.size());
    if (at == std::string::npos) return std::nullopt;
    return key.substr(0, at + query.delimiter.size());
}

class UploadLister final {
  public:
    UploadLister(Statement& select, const std::string& bucket, const UploadQuery& query)
        : select_(select), bucket_(bucket), query_(query) {
        // Behind (after_key, after_id); without an id, behind all uploads of after_key.
        const bool is_whole_key = !query.after_key.empty() && query.after_id.empty();
        const std::string key = is_whole_key ? query.after_key + '\0' : query.after_key;
        seek(std::max(key, query.prefix), key >= query.prefix ? query.after_id : "");
    }

    Result<UploadPage> run() {
        if (query_.count_max <= 0) return page_;
        while (TRY(select_.step())) {
            OpenUpload upload = TRY(read_upload(select_, bucket_));
            if (!upload.ref.key.starts_with(query_.prefix)) break;
            const auto common = common_prefix_of(upload.ref.key, query_);
            const bool is_new = !common || *common > query_.after_key;
            if (is_new && count_ == query_.count_max) {
                page_.is_truncated = true;
                break;
            }
            if (is_new) add(std::move(upload), common);
            if (!common) continue;
            const auto next = end_of_prefix(*common);
            if (!next) break;
            seek(*next, "");
        }
        if (!page_.is_truncated) page_.next_key = page_.next_id = "";
        return std::move(page_);
    }

  private:
    void seek(const std::string& key, const std::string& id) {
        select_.rewind();
        select_.bind(1, bucket_).bind(2, key).bind(3, id);
    }

    void add(OpenUpload upload, const std::optional<std::string>& common) {
        ++count_;
        page_.next_key = common.value_or(upload.ref.key);
        page_.next_id = common ? "" : upload.ref.id;
        if (common) {
            page_.common_prefixes.push_back(*common);
        } else {
            page_.uploads.push_back(std::move(upload));
        }
    }

    Statement& select_;  // Outlives the lister, and so do these.
    const std::string& bucket_;
    const UploadQuery& query_;
    UploadPage page_;
    int count_ = 0;
};

// Rows of `bucket` in `table`.
Result<void> delete_rows_of(Database& database, const std::string& table,
                            const std::string& bucket) {
    Statement remove = TRY(database.prepare("DELETE FROM " + table + " WHERE bucket = ?"));
    return remove.bind(1, bucket).run();
}

}  // namespace

Result<void> insert_upload(Database& database, const OpenUpload& upload) {
    Statement insert = TRY(
        database.prepare("INSERT INTO uploads (bucket, key, id, started_ms, principal, attributes, "
                         "slots_file, slot_bytes) VALUES (?, ?, ?, ?, ?, ?, '', 0)"));
    insert.bind(1, upload.ref.bucket).bind(2, upload.ref.key).bind(3, upload.ref.id);
    insert.bind(4, upload.started.time_since_epoch().count()).bind(5, upload.principal);
    return insert.bind(6, format_attributes(upload.attributes)).run();
}

Result<UploadRow> get_upload(Database& database, const UploadRef& ref) {
    Statement select = TRY(database.prepare(
        "SELECT key, id, started_ms, principal, attributes, slots_file, slot_bytes FROM uploads "
        "WHERE bucket = ? AND key = ? AND id = ?"));
    select.bind(1, ref.bucket).bind(2, ref.key).bind(3, ref.id);
    if (!TRY(select.step())) {
        TRY(check_bucket(database, ref.bucket));
        return no_such_upload(ref);
    }
    OpenUpload upload = TRY(read_upload(select, ref.bucket));
    return UploadRow{
        .upload = std::move(upload), .slots_file = select.text(5), .slot_bytes = select.integer(6)};
}

Result<void> set_slots(Database& database, const UploadRef& ref, const std::string& file,
                       std::int64_t slot_bytes) {
    Statement update =
        TRY(database.prepare("UPDATE uploads SET slots_file = ?, slot_bytes = ? "
                             "WHERE bucket = ? AND key = ? AND id = ?"));
    update.bind(1, file).bind(2, slot_bytes);
    return update.bind(3, ref.bucket).bind(4, ref.key).bind(5, ref.id).run();
}

Result<UploadPage> list_uploads(Database& database, const std::string& bucket,
                                const UploadQuery& query) {
    Statement select =
        TRY(database.prepare("SELECT key, id, started_ms, principal, attributes FROM uploads "
                             "WHERE bucket = ? AND (key, id) > (?, ?) ORDER BY key, id"));
    return UploadLister(select, bucket, query).run();
}

Result<std::optional<PartRow>> find_part(Database& database, const std::string& upload_id,
                                         int number) {
    const std::vector<PartRow> rows = TRY(part_rows(database, upload_id, number - 1, 1));
    if (rows.empty() || rows.front().part.number != number) return std::optional<PartRow>();
    return std::optional(rows.front());
}

Result<std::vector<PartRow>> part_rows(Database& database, const std::string& upload_id,
                                       int after_number, int count_max) {
    Statement select = TRY(database.prepare(
        "SELECT number, etag, size_bytes, modified_ms, checksum, file, offset_bytes FROM parts "
        "WHERE upload = ? AND number > ? ORDER BY number LIMIT ?"));
    select.bind(1, upload_id).bind(2, std::int64_t{after_number}).bind(3, std::int64_t{count_max});
    std::vector<PartRow> rows;
    while (TRY(select.step())) rows.push_back(read_part(select));
    return rows;
}

Result<void> put_part(Database& database, const std::string& upload_id, const PartRow& row) {
    Statement insert =
        TRY(database.prepare("INSERT OR REPLACE INTO parts (upload, number, etag, size_bytes, "
                             "modified_ms, checksum, file, offset_bytes) "
                             "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
    const StoredPart& part = row.part;
    insert.bind(1, upload_id).bind(2, std::int64_t{part.number}).bind(3, part.etag);
    insert.bind(4, part.size_bytes).bind(5, part.modified.time_since_epoch().count());
    return insert.bind(6, part.checksum).bind(7, row.file).bind(8, row.offset_bytes).run();
}

Result<std::vector<std::string>> delete_upload(Database& database, const UploadRow& row,
                                               const std::string& kept) {
    const UploadRef& ref = row.upload.ref;
    std::set<std::string> files;
    const std::vector<PartRow> rows = TRY(part_rows(database, ref.id, 0, kAllParts));
    for (const PartRow& part : rows) files.insert(part.file);
    if (!row.slots_file.empty()) files.insert(row.slots_file);
    files.erase(kept);
    Statement parts = TRY(database.prepare("DELETE FROM parts WHERE upload = ?"));
    TRY(parts.bind(1, ref.id).run());
    Statement upload =
        TRY(database.prepare("DELETE FROM uploads WHERE bucket = ? AND key = ? AND id = ?"));
    TRY(upload.bind(1, ref.bucket).bind(2, ref.key).bind(3, ref.id).run());
    for (const std::string& file : files) TRY(add_garbage(database, file));
    return std::vector<std::string>(files.begin(), files.end());
}

Result<std::vector<std::string>> delete_uploads_of(Database& database, const std::string& bucket) {
    std::vector<std::string> files;
    const UploadQuery all = {.count_max = INT32_MAX};
    const UploadPage page = TRY(list_uploads(database, bucket, all));
    for (const OpenUpload& upload : page.uploads) {
        const UploadRow row = TRY(get_upload(database, upload.ref));
        const std::vector<std::string> more = TRY(delete_upload(database, row, ""));
        files.insert(files.end(), more.begin(), more.end());
    }
    TRY(delete_rows_of(database, "completed_uploads", bucket));
    return files;
}

Result<void> put_completed(Database& database, const UploadRef& ref,
                           const CompletedUpload& completed, Time now) {
    Statement forget =
        TRY(database.prepare("DELETE FROM completed_uploads WHERE completed_ms < ?"));
    TRY(forget.bind(1, (now - kRememberedFor).time_since_epoch().count()).run());
    Statement insert = TRY(database.prepare(
        "INSERT INTO completed_uploads (bucket, key, id, completed_ms, etag, checksum_algorithm, "
        "checksum, checksum_type) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
    insert.bind(1, ref.bucket).bind(2, ref.key).bind(3, ref.id);
    insert.bind(4, now.time_since_epoch().count()).bind(5, completed.etag);
    insert.bind(6, completed.checksum_algorithm).bind(7, completed.checksum);
    return insert.bind(8, completed.checksum_type).run();
}

Result<std::optional<CompletedUpload>> find_completed(Database& database, const UploadRef& ref) {
    Statement select = TRY(database.prepare(
        "SELECT etag, checksum_algorithm, checksum, checksum_type FROM completed_uploads "
        "WHERE bucket = ? AND key = ? AND id = ?"));
    select.bind(1, ref.bucket).bind(2, ref.key).bind(3, ref.id);
    if (!TRY(select.step())) return std::optional<CompletedUpload>();
    return std::optional(CompletedUpload{.etag = select.text(0),
                                         .checksum_algorithm = select.text(1),
                                         .checksum = select.text(2),
                                         .checksum_type = select.text(3)});
}

}  // namespace imagemill::local
