// bucket_name: which names a new bucket may have.
//
// Errors:  InvalidBucketName, with the rule that is broken.
// Source:  Amazon S3 user guide, "General purpose bucket naming rules".
#pragma once

#include <string>

#include "local/s3/outcome.h"

namespace imagemill::local::s3 {

Outcome<void> check_bucket_name(const std::string& name);

}  // namespace imagemill::local::s3
