// grants: what each function may do with the two buckets: deploy/grants.json, which the template
// for AWS is held to as well.
//
// Errors:  none; the file is built in, and a wrong one is a bug.
// Threads: a pure function.
#pragma once

#include <string>
#include <vector>

#include "local/s3/keys.h"

namespace imagemill {

std::vector<local::FunctionGrants> function_grants(const std::string& source_bucket,
                                                   const std::string& destination_bucket);

}  // namespace imagemill
