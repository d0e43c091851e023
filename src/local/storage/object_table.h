// object_table: buckets and objects in the catalog, row by row.
//
// Errors:  no_such_bucket, no_such_key, precondition_failed as in store/object_store.h;
//          unavailable, internal as database.h.
// Threads: as the Database that is passed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "local/storage/database.h"
#include "local/storage/disk_store.h"

namespace imagemill::local {

struct ObjectRow {
    StoredObject object;
    std::string file;  // The id of its bytes: object_files.h.
};

Result<void> put_bucket(Database& database, const StoredBucket& bucket);
Result<std::vector<StoredBucket>> all_buckets(Database& database);
Result<void> check_bucket(Database& database, const std::string& bucket);

Result<bool> has_objects(Database& database, const std::string& bucket);
Result<void> delete_bucket(Database& database, const std::string& bucket);

// Nothing, where there is no such object (or bucket).
Result<std::optional<ObjectRow>> find_object(Database& database, const std::string& bucket,
                                             const std::string& key);
// As above; no_such_bucket or no_such_key where there is none.
Result<ObjectRow> get_object(Database& database, const std::string& bucket, const std::string& key);
// Instead of the former one, if any.
Result<void> put_object(Database& database, const ObjectRow& row);
Result<void> delete_object(Database& database, const std::string& bucket, const std::string& key);

// Files that no object names any more, until they are known to be gone.
Result<void> add_garbage(Database& database, const std::string& file);
Result<void> forget_garbage(Database& database, const std::vector<std::string>& files);
Result<std::vector<std::string>> all_garbage(Database& database);

// What an object's row holds beside its name and size. JSON; empty fields are left out.
std::string format_attributes(const Attributes& attributes);
Result<Attributes> parse_attributes(const std::string& text);

}  // namespace imagemill::local
