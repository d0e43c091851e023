// repair: what can be mended in a directory without a loss.
//
// Shapes:  Files in objects/ that no row names go to <dir>/lost+found/<folder>-<name>, bytes and
//          all; nothing is removed. Rows whose files are missing, cut or changed stay as they are:
//          only their owner can say what they should be.
// Errors:  unavailable: the disk, the catalog; or a file of that name was set aside before.
// Threads: none but the caller's: whoever calls has the store open and lets nobody use it.
// Cost:    one pass over the folders and one over the rows.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace imagemill::local {

// A sentence for each that was set aside.
Result<std::vector<std::string>> set_strays_aside(const std::string& dir);

}  // namespace imagemill::local
