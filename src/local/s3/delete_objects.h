// delete_objects: the body of a bulk removal.
//
// Errors:  MalformedXML: no Delete, no Object in it, more than 1000, an Object without a Key.
// Threads: pure functions.
// Source:  Amazon S3 API reference, DeleteObjects.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "local/s3/outcome.h"

namespace imagemill::local::s3 {

inline constexpr std::size_t kDeletionsMax = 1000;

struct Deletion {
    std::string key;
    std::optional<std::string> etag;        // As sent, which may be empty.
    std::optional<std::string> version_id;  // Likewise.
    // A condition that no general purpose bucket takes: "Size", "LastModifiedTime"; empty for none.
    std::string unserved_condition;
};

struct Deletions {
    std::vector<Deletion> objects;
    bool is_quiet = false;  // Only errors are answered.
};

Outcome<Deletions> parse_deletions(Bytes xml);

}  // namespace imagemill::local::s3
