// strays: what lies in objects/ and belongs to nothing.
//
// Shapes:  May be looked for while the store is used: a file gets to objects/ after its row is
//          committed, and its row goes only into the garbage until it is gone. So who is in
//          neither, and still there afterwards, is a stray.
// Errors:  unavailable: the catalog. A folder that cannot be read is a stray of its own.
// Cost:    one pass over the folders and one over the rows. Memory: 16 bytes a file.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "local/storage/database.h"
#include "local/storage/object_files.h"

namespace imagemill::local {

struct Stray {
    std::string what;         // A sentence.
    std::string folder = {};  // Of objects/; empty where it is no file in one of its folders,
    std::string name = {};    // and then so is this.
};

Result<std::vector<Stray>> find_strays(Database& database, const ObjectFiles& files);

}  // namespace imagemill::local
