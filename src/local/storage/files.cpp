#include "local/storage/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace imagemill::local {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

std::string reason_of(int error_number) {
    switch (error_number) {
        case ENOSPC:
            return "The disk is full";
        case EDQUOT:
            return "The disk quota is used up";
        case EFBIG:
            return "The file would be larger than the system allows (ulimit -f)";
        case EROFS:
            return "The disk is read-only";
        case EMFILE:
        case ENFILE:
            return "Too many files are open (ulimit -n)";
        case EIO:
            return "The disk reports an error";
        case EACCES:
        case EPERM:
            return "Permission is denied";
        default:
            return "The disk refuses (" + std::generic_category().message(error_number) + ")";
    }
}

// Calls again what a signal interrupted.
template <typename Call>
auto uninterrupted(Call call) {
    auto answer = call();
    while (answer < 0 && errno == EINTR) answer = call();
    return answer;
}

Error ends_early(const std::string& target_path) {
    return {Code::unavailable, "What was to be copied into " + target_path +
                                   " ends early: it was cut on this server's disk."};
}

}  // namespace

Error disk_error(int error_number, const std::string& what_failed) {
    return Error{Code::unavailable, reason_of(error_number) + ": " + what_failed + "."};
}

Result<Fd> create_file(const std::string& path) {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    Fd file(uninterrupted([&] { return ::open(path.c_str(), flags, 0600); }));
    if (!file) return disk_error(errno, path + " could not be made");
    return file;
}

Result<std::optional<Fd>> open_file(const std::string& path) {
    Fd file(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
    if (file) return std::optional<Fd>(std::move(file));
    if (errno == ENOENT) return std::optional<Fd>();
    return disk_error(errno, path + " could not be opened");
}

Result<std::optional<Fd>> open_file_for_writing(const std::string& path) {
    Fd file(uninterrupted([&] { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC); }));
    if (file) return std::optional<Fd>(std::move(file));
    if (errno == ENOENT) return std::optional<Fd>();
    return disk_error(errno, path + " could not be opened");
}

Result<Fd> create_or_open_file(const std::string& path) {
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC;
    Fd file(uninterrupted([&] { return ::open(path.c_str(), flags, 0600); }));
    if (!file) return disk_error(errno, path + " could not be opened");
    return file;
}

Result<void> write_all(const Fd& file, Bytes bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t written =
            uninterrupted([&] { return ::write(file.get(), bytes.data(), bytes.size()); });
        if (written < 0) return disk_error(errno, path + " could not be written");
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

Result<std::size_t> read_some(const Fd& file, std::span<std::byte> bytes, const std::string& path) {
    const ssize_t count =
        uninterrupted([&] { return ::read(file.get(), bytes.data(), bytes.size()); });
    if (count < 0) return disk_error(errno, path + " could not be read");
    return static_cast<std::size_t>(count);
}

Result<std::size_t> read_at(const Fd& file, std::int64_t offset, std::span<std::byte> bytes,
                            const std::string& path) {
    const ssize_t count =
        uninterrupted([&] { return ::pread(file.get(), bytes.data(), bytes.size(), offset); });
    if (count < 0) return disk_error(errno, path + " could not be read");
    return static_cast<std::size_t>(count);
}

Result<void> move_to(const Fd& file, std::int64_t offset, const std::string& path) {
    if (::lseek(file.get(), offset, SEEK_SET) == offset) return {};
    return disk_error(errno, path + " could not be written at " + std::to_string(offset));
}

Result<void> cut_file(const Fd& file, std::int64_t size, const std::string& path) {
    if (uninterrupted([&] { return ::ftruncate(file.get(), size); }) == 0) return {};
    return disk_error(errno, path + " could not be cut to " + std::to_string(size) + " bytes");
}

// Where the kernel does not copy between these files.
static Result<void> copy_by_hand(const RangeCopy& copy, const std::string& target_path) {
    Buffer piece(kPieceBytes);
    TRY(move_to(copy.target, copy.target_bytes, target_path));
    for (std::int64_t done = 0; done < copy.size_bytes;) {
        const auto wanted = static_cast<std::size_t>(
            std::min(copy.size_bytes - done, static_cast<std::int64_t>(piece.size())));
        const std::size_t count = TRY(read_at(copy.source, copy.source_bytes + done,
                                              std::span(piece).first(wanted), target_path));
        if (count == 0) return ends_early(target_path);
        TRY(write_all(copy.target, Bytes(piece).first(count), target_path));
        done += static_cast<std::int64_t>(count);
    }
    return {};
}

Result<void> copy_range(const RangeCopy& copy, const std::string& target_path) {
    RangeCopy left = copy;
    while (left.size_bytes > 0) {
        off_t from = left.source_bytes;
        off_t to = left.target_bytes;
        const ssize_t count = uninterrupted([&] {
            return ::copy_file_range(left.source.get(), &from, left.target.get(), &to,
                                     static_cast<std::size_t>(left.size_bytes), 0);
        });
        for (const int refusal : {EXDEV, EINVAL, ENOSYS, EOPNOTSUPP}) {
            if (count < 0 && errno == refusal) return copy_by_hand(left, target_path);
        }
        if (count < 0) return disk_error(errno, target_path + " could not be written");
        if (count == 0) return ends_early(target_path);
        left.source_bytes += count;
        left.target_bytes += count;
        left.size_bytes -= count;
    }
    return {};
}

Result<std::int64_t> size_of(const Fd& file, const std::string& path) {
    struct stat status = {};
    if (::fstat(file.get(), &status) != 0) return disk_error(errno, path + " could not be read");
    return status.st_size;
}

Result<void> sync_file(const Fd& file, const std::string& path) {
    // Never again after a failure: the kernel may have dropped the pages, and say yes then.
    if (uninterrupted([&] { return ::fsync(file.get()); }) == 0) return {};
    return disk_error(errno, path + " could not be brought to the disk");
}

Result<Fd> open_folder(const std::string& path) {
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    Fd folder(uninterrupted([&] { return ::open(path.c_str(), flags); }));
    if (!folder) return disk_error(errno, path + " could not be opened");
    return folder;
}

Result<void> make_folder(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
    return disk_error(errno, path + " could not be made");
}

Result<bool> exists(const std::string& path) {
    struct stat status = {};
    if (::lstat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT) return false;
    return disk_error(errno, path + " could not be looked at");
}

Result<bool> link_file(const Fd& file, const std::string& target) {
    // open(2), O_TMPFILE: what needs no capability, unlike AT_EMPTY_PATH.
    const std::string source = "/proc/self/fd/" + std::to_string(file.get());
    if (::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, target.c_str(), AT_SYMLINK_FOLLOW) == 0) {
        return true;
    }
    for (const int refusal : {ENOENT, EMLINK, EPERM, EXDEV, ENOTSUP, EACCES}) {
        if (errno == refusal) return false;
    }
    return disk_error(errno, target + " could not be made");
}

Result<bool> move_file(const std::string& source, const std::string& target) {
    if (::rename(source.c_str(), target.c_str()) == 0) return true;
    if (errno == ENOENT) return false;
    return disk_error(errno, source + " could not be moved to " + target);
}

Result<bool> remove_file(const std::string& path) {
    if (::unlink(path.c_str()) == 0) return true;
    if (errno == ENOENT) return false;
    return disk_error(errno, path + " could not be removed");
}

Result<std::vector<std::string>> list_folder(const std::string& path) {
    struct Close {
        void operator()(DIR* folder) const { ::closedir(folder); }
    };
    const std::unique_ptr<DIR, Close> folder(::opendir(path.c_str()));
    if (!folder) return disk_error(errno, path + " could not be listed");
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(folder.get());
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return disk_error(errno, path + " could not be listed");
    return names;
}

}  // namespace imagemill::local
