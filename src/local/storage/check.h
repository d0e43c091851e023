// check: whether a directory is what its catalog says it is.
//
// Shapes:  May run while the store is used: what changes meanwhile is looked at again before it
//          becomes a finding.
// Errors:  unavailable: the catalog cannot be opened. What fails later is a finding.
// Cost:    reads every byte of every object. Memory: 16 bytes a file.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "local/storage/catalog.h"
#include "local/storage/disk_store.h"
#include "local/storage/object_files.h"

namespace imagemill::local {

// As DiskStore::check.
Result<std::vector<Finding>> check_store(
    const Catalog& catalog, const ObjectFiles& files,
    const std::function<void(std::int64_t, std::int64_t)>& progress);

}  // namespace imagemill::local
