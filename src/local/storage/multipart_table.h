// multipart_table: uploads, their parts, and what became of them, row by row.
//
// Errors:  no_such_upload as multipart.h; unavailable, internal as database.h.
// Threads: as the Database that is passed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "local/storage/database.h"
#include "local/storage/multipart.h"

namespace imagemill::local {

struct UploadRow {
    OpenUpload upload;
    std::string slots_file;       // part_slots.h; empty for none.
    std::int64_t slot_bytes = 0;  // Likewise 0.
};

struct PartRow {
    StoredPart part;
    std::string file;
    std::int64_t offset_bytes = 0;  // Where in it.
};

Result<void> insert_upload(Database& database, const OpenUpload& upload);
Result<UploadRow> get_upload(Database& database, const UploadRef& ref);
Result<void> set_slots(Database& database, const UploadRef& ref, const std::string& file,
                       std::int64_t slot_bytes);
Result<UploadPage> list_uploads(Database& database, const std::string& bucket,
                                const UploadQuery& query);

Result<std::optional<PartRow>> find_part(Database& database, const std::string& upload_id,
                                         int number);
Result<std::vector<PartRow>> part_rows(Database& database, const std::string& upload_id,
                                       int after_number, int count_max);
// Instead of the former one, if any.
Result<void> put_part(Database& database, const std::string& upload_id, const PartRow& row);

// Deletes the rows of an upload; its files, but for `kept`, become garbage. Returns those.
Result<std::vector<std::string>> delete_upload(Database& database, const UploadRow& row,
                                               const std::string& kept);
// Those of a bucket, and what it remembers of completed ones. Returns the files.
Result<std::vector<std::string>> delete_uploads_of(Database& database, const std::string& bucket);

// Forgets those of more than 7 days ago.
Result<void> put_completed(Database& database, const UploadRef& ref,
                           const CompletedUpload& completed, Time now);
Result<std::optional<CompletedUpload>> find_completed(Database& database, const UploadRef& ref);

}  // namespace imagemill::local
