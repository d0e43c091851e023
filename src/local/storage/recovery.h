// recovery: what a crash left in a directory, brought in order before anyone is served.
//
// Cost:    O(what was in flight), but for one pass over the objects' rows after a crash in the
//          middle of an upload. objects/ is never walked.
// Errors:  unavailable (the disk).
#pragma once

#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "local/storage/catalog.h"
#include "local/storage/object_files.h"

namespace imagemill::local {

// Settles what tmp/ holds and a row names, removes the rest of it, clears the garbage, and lets
// what was running wait again.
Result<void> recover(Catalog& catalog, const ObjectFiles& files, const Log& log);

// For files that were removed: makes that lasting, and only then forgets their garbage rows.
Result<void> forget_removed(Catalog& catalog, const ObjectFiles& files,
                            const std::vector<std::string>& ids);

}  // namespace imagemill::local
