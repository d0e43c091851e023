#include "local/storage/disk_store.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "local/storage/catalog.h"
#include "local/storage/directory_store.h"
#include "local/storage/files.h"
#include "local/storage/object_files.h"
#include "local/storage/recovery.h"

namespace imagemill::local {
namespace {

Result<Fd> take_lock(const std::string& dir) {
    const std::string path = dir + "/lock";
    Fd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock) return disk_error(errno, path + " could not be opened");
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) return disk_error(errno, path + " could not be locked");
    return Error{Code::conflict, "Another server has the directory " + dir +
                                     ": one at a time. Stop it, or choose another (--data)."};
}

// Without its catalog every file would look like what a crash left.
Result<void> check_catalog_is_there(const std::string& path, const ObjectFiles& files) {
    if (TRY(exists(path))) return {};
    const std::vector<std::string> folders = TRY(files.folders());
    if (folders.empty()) return {};
    return Error{Code::unavailable, "The catalog " + path +
                                        " is missing, but there are objects beside it. Bring it "
                                        "back, or move the directory away to begin anew."};
}

Result<void> sync_folder(const std::string& path) {
    const Fd folder = TRY(open_folder(path));
    return sync_file(folder, path);
}

// With every folder above that is missing.
Result<void> make_directory(const std::filesystem::path& dir) {
    if (TRY(exists(dir.string()))) return {};
    const std::string above = dir.has_parent_path() ? dir.parent_path().string() : ".";
    std::error_code error;
    std::filesystem::create_directories(above, error);
    if (error) return disk_error(error.value(), above + " could not be made");
    TRY(make_folder(dir.string()));
    return sync_folder(above);
}

// "data/" is "data".
std::filesystem::path without_trailing_slash(const std::string& dir) {
    const std::filesystem::path path = std::filesystem::path(dir).lexically_normal();
    return path.has_filename() ? path : path.parent_path();
}

}  // namespace

Result<std::unique_ptr<DiskStore>> open_disk_store(const DiskStoreOptions& options,
                                                   const Clock& clock, const Log& log) {
    const std::filesystem::path path = without_trailing_slash(options.dir);
    if (path.empty()) {
        return Error{Code::invalid_argument, "The data directory has no name (--data)."};
    }
    const std::string dir = path.string();
    TRY(make_directory(path));
    Fd lock = TRY(take_lock(dir));
    ObjectFiles files = TRY(ObjectFiles::open(dir));
    const std::string catalog_path = dir + "/catalog.sqlite";
    TRY(check_catalog_is_there(catalog_path, files));
    std::unique_ptr<Catalog> catalog = TRY(Catalog::open(catalog_path));
    TRY(sync_folder(dir));  // The names of all these.
    TRY(recover(*catalog, files, log));
    DirectoryStore::Parts parts = {
        .lock = std::move(lock), .files = std::move(files), .catalog = std::move(catalog)};
    return std::unique_ptr<DiskStore>(
        std::make_unique<DirectoryStore>(options, std::move(parts), clock, log));
}

}  // namespace imagemill::local
