// fresh_files: empty files in tmp/ for uploads to come, made several at a time while several are
// under way, so that they share the wait for their names to be on the disk.
//
// Shapes:  take() before an upload, give_back() when it is over, whichever way. With one upload at
//          a time nothing is made ahead; when the last is over, what was made ahead is removed.
//          A crash leaves files that no row names: the next start sweeps them.
// Errors:  unavailable (the disk).
// Threads: any.
// Cost:    at most one empty file per upload under way.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "local/storage/object_files.h"

namespace imagemill::local {

struct FreshFile {
    std::string id;
    Fd file;
    bool is_synced = false;  // Its name is on the disk.
};

class FreshFiles final {
  public:
    explicit FreshFiles(const ObjectFiles& files) : files_(files) {}  // Which outlives it.

    Result<FreshFile> take();
    void give_back();

  private:
    Result<FreshFile> open(std::string id) const;
    Result<FreshFile> make(int ahead_count);
    std::vector<std::string> make_ahead(int count) const;
    void remove(const std::vector<std::string>& ids) const;
    std::string pop(int& ahead_count);

    const ObjectFiles& files_;

    std::mutex mutex_;                // Guards all below.
    std::vector<std::string> ahead_;  // Made, on the disk, and nobody's.
    int under_way_ = 0;
    bool is_making_ = false;
};

}  // namespace imagemill::local
