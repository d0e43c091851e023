// plain_settings: what clients ask of a bucket before they use it, answered as AWS answers of a
// plain private one: never versioned, owner-enforced, closed to the public, without policy,
// lifecycle, website, tags, lock or replication. To change any of them is not served.
//
// Threads: pure functions.
// Source:  Amazon S3 API reference, GetBucketVersioning and its kin.
#pragma once

#include <string_view>

namespace imagemill::local::s3 {

// The query's parameter: "versioning".
bool is_plain_setting(std::string_view parameter);

}  // namespace imagemill::local::s3
