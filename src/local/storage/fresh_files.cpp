#include "local/storage/fresh_files.h"

#include <utility>

namespace imagemill::local {

Result<FreshFile> FreshFiles::take() {
    int ahead_count = 0;
    std::string id = pop(ahead_count);
    Result<FreshFile> fresh = id.empty() ? make(ahead_count) : open(std::move(id));
    if (!fresh) give_back();
    return fresh;
}

// One that was made ahead, or nothing; then how many to make, besides the one that is wanted.
std::string FreshFiles::pop(int& ahead_count) {
    const std::lock_guard lock(mutex_);
    ++under_way_;
    if (!ahead_.empty()) {
        std::string id = std::move(ahead_.back());
        ahead_.pop_back();
        return id;
    }
    // One thread at a time makes for others. Who comes meanwhile looks after itself.
    ahead_count = is_making_ ? 0 : under_way_ - 1;
    if (ahead_count > 0) is_making_ = true;
    return "";
}

Result<FreshFile> FreshFiles::open(std::string id) const {
    std::optional<Fd> file = TRY(files_.open_for_writing(id));
    if (!file) {
        return Error{Code::unavailable,
                     "The file " + files_.path_in_tmp(id) +
                         " that was just made is missing on this server's disk."};
    }
    return FreshFile{.id = std::move(id), .file = *std::move(file), .is_synced = true};
}

Result<FreshFile> FreshFiles::make(int ahead_count) {
    std::string id = ObjectFiles::make_id();
    Result<Fd> file = files_.create(id);
    std::vector<std::string> ahead = file ? make_ahead(ahead_count) : std::vector<std::string>();
    const bool is_synced = !ahead.empty();
    if (ahead_count > 0) {
        const std::lock_guard lock(mutex_);
        is_making_ = false;
        ahead_.insert(ahead_.end(), ahead.begin(), ahead.end());
    }
    if (!file) return file.error();
    return FreshFile{.id = std::move(id), .file = *std::move(file), .is_synced = is_synced};
}

// Their names are on the disk, and with them all that were made before. Measured with 16 writers:
// 1.3 fsyncs an upload instead of 2. One by the leader of each commit, for all in it, was tried:
// fewer still, but all wait for it, and two thirds as many uploads got through.
std::vector<std::string> FreshFiles::make_ahead(int count) const {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) {
        std::string id = ObjectFiles::make_id();
        if (!files_.create(id)) break;  // Whoever needs one will say why there is none.
        ids.push_back(std::move(id));
    }
    if (ids.empty() || files_.sync_tmp()) return ids;
    remove(ids);
    return {};
}

void FreshFiles::remove(const std::vector<std::string>& ids) const {
    // Failing, it leaves an empty file that the next start sweeps.
    for (const std::string& id : ids) (void)files_.remove(id);
}

void FreshFiles::give_back() {
    std::vector<std::string> unneeded;
    {
        const std::lock_guard lock(mutex_);
        if (--under_way_ > 0) return;
        unneeded = std::exchange(ahead_, {});
    }
    remove(unneeded);
}

}  // namespace imagemill::local
