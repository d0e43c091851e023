// listing: the keys of a bucket in byte order, with what a delimiter folds together.
//
// Cost:    O(answer), however many keys lie under a common prefix: it is one seek.
// Threads: as the Database that is passed.
// Source:  Amazon S3 API reference, ListObjectsV2.
#pragma once

#include <optional>
#include <string>

#include "local/storage/database.h"
#include "local/storage/disk_store.h"

namespace imagemill::local {

// As DiskStore::list. The bucket exists.
Result<ListAnswer> list_objects(Database& database, const std::string& bucket,
                                const ListQuery& query);

// The least text that is greater than every text beginning with `prefix`; nothing where there is
// none.
std::optional<std::string> end_of_prefix(std::string prefix);

}  // namespace imagemill::local
