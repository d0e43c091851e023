// manifest_store: a manifest in its bucket, with the ETag that a change of it must match. Private
// to this folder.
//
// Errors:  as object_store.h. A manifest that cannot be parsed is no error: `manifest` is empty and
//          `etag` set, so that it can be written over.
#pragma once

#include <optional>
#include <string>

#include "functions/manifest.h"
#include "store/object_store.h"

namespace imagemill::functions {

// What stood when it was read.
struct Standing {
    std::string etag = {};  // Of the manifest's object; empty: there is none.
    std::optional<Manifest> manifest = std::nullopt;
    std::string unreadable = {};  // Why `manifest` is empty though there is an object.
};

Result<Standing> read_manifest(store::ObjectStore& store, const std::string& bucket,
                               const std::string& source_key);

// Only over the object with `etag`, or only where there is none if it is empty; the new ETag.
Result<std::string> write_manifest(store::ObjectStore& store, const std::string& bucket,
                                   const Manifest& manifest, const std::string& etag);

}  // namespace imagemill::functions
