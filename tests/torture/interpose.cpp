// interpose: the calls of the C library that change files, each with its record (journal.h).
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "journal.h"

namespace torture {
namespace {

// Whether the fault file forbids it; errno says why.
bool is_refused(Effect effect) {
    const int error = fault(effect);
    if (error == 0) return false;
    errno = error;
    return true;
}

std::uint64_t inode_at(const std::string& path) {
    struct stat status = {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

int open_watched(int folder, const char* path, int flags, mode_t mode) {
    const auto open = [&] {
        return static_cast<int>(syscall(SYS_openat, folder, path, flags, mode));
    };
    const std::string name = watched(folder, path);
    if (name.empty()) return open();
    const bool is_writing = (flags & O_ACCMODE) != O_RDONLY;
    if (is_writing && is_refused(Effect::change)) return -1;
    return static_cast<int>(step([&]() -> Outcome {
        const bool is_nameless = (flags & O_TMPFILE) == O_TMPFILE;
        const std::uint64_t former = inode_at(name);
        const bool is_new = is_nameless || (former == 0 && (flags & O_CREAT) != 0);
        if (is_new && is_refused(Effect::grow)) return {};
        const int fd = open();
        if (fd < 0) return {};
        watch(fd, (flags & O_APPEND) != 0);
        const bool is_cut = !is_new && is_writing && (flags & O_TRUNC) != 0;
        Record record = {.kind = is_new ? Kind::create : Kind::truncate, .inode = inode_of(fd)};
        if (!is_nameless) record.path = name;
        return {.answer = fd, .is_done = is_new || is_cut, .record = record};
    }));
}

std::int64_t place_of(int fd) {
    return is_appending(fd) ? ::lseek(fd, 0, SEEK_END) : ::lseek(fd, 0, SEEK_CUR);
}

// `write` writes the pieces at `offset`, or, where it is -1, where the descriptor stands.
template <typename Write>
ssize_t write_watched(int fd, std::span<const iovec> pieces, std::int64_t offset, Write write) {
    if (!is_watched(fd)) return write();
    if (is_refused(Effect::grow) || is_refused(Effect::change)) return -1;
    return step([&]() -> Outcome {
        const std::int64_t place = offset < 0 ? place_of(fd) : offset;
        const ssize_t count = write();
        if (count < 0) return {};
        return {.answer = count,
                .is_done = true,
                .record = {.kind = Kind::write,
                           .inode = inode_of(fd),
                           .offset = place,
                           .bytes = pieces,
                           .size_bytes = static_cast<std::size_t>(count)}};
    });
}

// What the kernel wrote by itself is read back.
template <typename Copy>
ssize_t copy_watched(int fd, std::int64_t offset, Copy copy) {
    if (!is_watched(fd)) return copy();
    if (is_refused(Effect::grow) || is_refused(Effect::change)) return -1;
    std::vector<char> bytes;
    iovec piece = {};
    return step([&]() -> Outcome {
        const std::int64_t place = offset < 0 ? place_of(fd) : offset;
        const ssize_t count = copy();
        if (count < 0) return {};
        bytes.resize(static_cast<std::size_t>(count));
        const std::string path = "/proc/self/fd/" + std::to_string(fd);
        const long reader = syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC, 0);
        const long got = syscall(SYS_pread64, reader, bytes.data(), bytes.size(), place);
        syscall(SYS_close, reader);
        if (got != count) not_covered("a copy that cannot be read back");
        piece = {.iov_base = bytes.data(), .iov_len = bytes.size()};
        return {.answer = count,
                .is_done = true,
                .record = {.kind = Kind::write,
                           .inode = inode_of(fd),
                           .offset = place,
                           .bytes = {&piece, 1},
                           .size_bytes = bytes.size()}};
    });
}

int truncate_watched(int fd, off_t size) {
    const auto cut = [&] { return static_cast<int>(syscall(SYS_ftruncate, fd, size)); };
    if (!is_watched(fd)) return cut();
    if (is_refused(Effect::change)) return -1;
    return static_cast<int>(step([&]() -> Outcome {
        if (cut() != 0) return {};
        return {.answer = 0,
                .is_done = true,
                .record = {.kind = Kind::truncate, .inode = inode_of(fd), .offset = size}};
    }));
}

// An operation on one name: `act` is the call, `effect` what it needs.
template <typename Act>
int name_step(Effect effect, Record record, Act act) {
    if (is_refused(effect) || is_refused(Effect::change)) return -1;
    return static_cast<int>(step([&]() -> Outcome {
        if (act() != 0) return {};
        if (record.inode == 0) record.inode = inode_at(record.path);
        return {.answer = 0, .is_done = true, .record = record};
    }));
}

int rename_watched(int from_folder, const char* from, int to_folder, const char* to) {
    const auto act = [&] {
        return static_cast<int>(syscall(SYS_renameat, from_folder, from, to_folder, to));
    };
    const std::string source = watched(from_folder, from);
    const std::string target = watched(to_folder, to);
    if (source.empty() && target.empty()) return act();
    if (source.empty() || target.empty()) not_covered("a rename across the root");
    struct stat status = {};
    if (::lstat(source.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
        not_covered("the renaming of a folder");
    }
    return name_step(
        Effect::change,
        {.kind = Kind::rename, .inode = status.st_ino, .path = source, .other = target}, act);
}

int link_watched(int from_folder, const char* from, int to_folder, const char* to, int flags) {
    const auto act = [&] {
        return static_cast<int>(syscall(SYS_linkat, from_folder, from, to_folder, to, flags));
    };
    const std::string target = watched(to_folder, to);
    return target.empty() ? act()
                          : name_step(Effect::grow, {.kind = Kind::link, .path = target}, act);
}

int unlink_watched(int folder, const char* path, int flags) {
    const auto act = [&] { return static_cast<int>(syscall(SYS_unlinkat, folder, path, flags)); };
    const std::string name = watched(folder, path);
    if (name.empty()) return act();
    const Kind kind = (flags & AT_REMOVEDIR) != 0 ? Kind::remove_folder : Kind::unlink;
    return name_step(Effect::change, {.kind = kind, .inode = inode_at(name), .path = name}, act);
}

int make_folder_watched(int folder, const char* path, mode_t mode) {
    const auto act = [&] { return static_cast<int>(syscall(SYS_mkdirat, folder, path, mode)); };
    const std::string name = watched(folder, path);
    return name.empty() ? act()
                        : name_step(Effect::grow, {.kind = Kind::make_folder, .path = name}, act);
}

void refuse_watched(int fd, const char* what) {
    if (is_watched(fd)) not_covered(what);
}

void* map(void* at, std::size_t size, int protection, int flags, int fd, off_t offset) {
    const bool is_shared = (flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0;
    if (is_shared && fd >= 0) refuse_watched(fd, "a shared mapping");
    // The kernel's answer is an address, or -1.
    return reinterpret_cast<void*>(syscall(SYS_mmap, at, size, protection, flags, fd, offset));
}

FILE* open_stream(const char* name, const char* path, const char* mode) {
    if (mode[0] != 'r' || std::strchr(mode, '+') != nullptr) {
        if (!watched(AT_FDCWD, path).empty()) not_covered("a stream that writes");
    }
    using Open = FILE* (*)(const char*, const char*);
    return reinterpret_cast<Open>(dlsym(RTLD_NEXT, name))(path, mode);
}

mode_t mode_in(va_list rest, int flags) {
    const bool has_mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    return has_mode ? va_arg(rest, mode_t) : 0;
}

}  // namespace
}  // namespace torture

using namespace torture;  // NOLINT: what follows are the C library's own names.

extern "C" {

#define TORTURE_OPEN(name)                                \
    int name(const char* path, int flags, ...) {          \
        va_list rest;                                     \
        va_start(rest, flags);                            \
        const mode_t mode = mode_in(rest, flags);         \
        va_end(rest);                                     \
        return open_watched(AT_FDCWD, path, flags, mode); \
    }
#define TORTURE_OPENAT(name)                                 \
    int name(int folder, const char* path, int flags, ...) { \
        va_list rest;                                        \
        va_start(rest, flags);                               \
        const mode_t mode = mode_in(rest, flags);            \
        va_end(rest);                                        \
        return open_watched(folder, path, flags, mode);      \
    }
TORTURE_OPEN(open)
TORTURE_OPEN(open64)
TORTURE_OPENAT(openat)
TORTURE_OPENAT(openat64)

int __open_2(const char* path, int flags) {
    return open_watched(AT_FDCWD, path, flags, 0);
}
int __open64_2(const char* path, int flags) {
    return open_watched(AT_FDCWD, path, flags, 0);
}
int creat(const char* path, mode_t mode) {
    return open_watched(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
int creat64(const char* path, mode_t mode) {
    return creat(path, mode);
}

int close(int fd) {
    unwatch(fd);
    return static_cast<int>(syscall(SYS_close, fd));
}

ssize_t write(int fd, const void* bytes, size_t size) {
    const iovec piece = {.iov_base = const_cast<void*>(bytes), .iov_len = size};
    return write_watched(fd, {&piece, 1}, -1, [&] { return syscall(SYS_write, fd, bytes, size); });
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
    const iovec piece = {.iov_base = const_cast<void*>(bytes), .iov_len = size};
    return write_watched(fd, {&piece, 1}, offset,
                         [&] { return syscall(SYS_pwrite64, fd, bytes, size, offset); });
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
    return pwrite64(fd, bytes, size, offset);
}
ssize_t writev(int fd, const iovec* pieces, int count) {
    return write_watched(fd, {pieces, static_cast<size_t>(count)}, -1,
                         [&] { return syscall(SYS_writev, fd, pieces, count); });
}
ssize_t pwritev64(int fd, const iovec* pieces, int count, off64_t offset) {
    return write_watched(fd, {pieces, static_cast<size_t>(count)}, offset,
                         [&] { return syscall(SYS_pwritev, fd, pieces, count, offset, 0L); });
}
ssize_t pwritev(int fd, const iovec* pieces, int count, off_t offset) {
    return pwritev64(fd, pieces, count, offset);
}
ssize_t copy_file_range(int source, off64_t* from, int target, off64_t* to, size_t size,
                        unsigned flags) {
    return copy_watched(target, to == nullptr ? -1 : *to, [&] {
        return syscall(SYS_copy_file_range, source, from, target, to, size, flags);
    });
}
ssize_t sendfile64(int target, int source, off64_t* from, size_t size) {
    return copy_watched(target, -1,
                        [&] { return syscall(SYS_sendfile, target, source, from, size); });
}
ssize_t sendfile(int target, int source, off_t* from, size_t size) {
    return sendfile64(target, source, from, size);
}

int ftruncate64(int fd, off64_t size) {
    return truncate_watched(fd, size);
}
int ftruncate(int fd, off_t size) {
    return truncate_watched(fd, size);
}
int truncate64(const char* path, off64_t size) {
    const int fd = open_watched(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return -1;
    const int answer = truncate_watched(fd, size);
    const int error = errno;
    close(fd);
    errno = error;
    return answer;
}
int truncate(const char* path, off_t size) {
    return truncate64(path, size);
}

int fsync(int fd) {
    return is_watched(fd) ? sync(fd) : static_cast<int>(syscall(SYS_fsync, fd));
}
int fdatasync(int fd) {
    return is_watched(fd) ? sync(fd) : static_cast<int>(syscall(SYS_fdatasync, fd));
}

int rename(const char* from, const char* to) {
    return rename_watched(AT_FDCWD, from, AT_FDCWD, to);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) {
    return rename_watched(from_folder, from, to_folder, to);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
    if (flags == 0) return rename_watched(from_folder, from, to_folder, to);
    const bool is_ours = !watched(from_folder, from).empty() || !watched(to_folder, to).empty();
    if (is_ours) not_covered("renameat2 with flags");
    return static_cast<int>(syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}
int link(const char* from, const char* to) {
    return link_watched(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
    return link_watched(from_folder, from, to_folder, to, flags);
}
int unlink(const char* path) {
    return unlink_watched(AT_FDCWD, path, 0);
}
int unlinkat(int folder, const char* path, int flags) {
    return unlink_watched(folder, path, flags);
}
int rmdir(const char* path) {
    return unlink_watched(AT_FDCWD, path, AT_REMOVEDIR);
}
int remove(const char* path) {
    const int answer = unlink_watched(AT_FDCWD, path, 0);
    return answer != 0 && errno == EISDIR ? rmdir(path) : answer;
}
int mkdir(const char* path, mode_t mode) {
    return make_folder_watched(AT_FDCWD, path, mode);
}
int mkdirat(int folder, const char* path, mode_t mode) {
    return make_folder_watched(folder, path, mode);
}

// What there is no record for.
void* mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset) {
    return map(at, size, protection, flags, fd, offset);
}
void* mmap64(void* at, size_t size, int protection, int flags, int fd, off64_t offset) {
    return map(at, size, protection, flags, fd, offset);
}
FILE* fopen(const char* path, const char* mode) {
    return open_stream("fopen", path, mode);
}
FILE* fopen64(const char* path, const char* mode) {
    return open_stream("fopen64", path, mode);
}
int symlink(const char* text, const char* path) {
    if (!watched(AT_FDCWD, path).empty()) not_covered("a symbolic link");
    return static_cast<int>(syscall(SYS_symlinkat, text, AT_FDCWD, path));
}
int dup(int fd) {
    refuse_watched(fd, "a second descriptor");
    return static_cast<int>(syscall(SYS_dup, fd));
}
int dup2(int fd, int to) {
    refuse_watched(fd, "a second descriptor");
    unwatch(to);
    return static_cast<int>(syscall(SYS_dup2, fd, to));
}
int dup3(int fd, int to, int flags) {
    refuse_watched(fd, "a second descriptor");
    unwatch(to);
    return static_cast<int>(syscall(SYS_dup3, fd, to, flags));
}
int fcntl64(int fd, int command, ...) {
    va_list rest;
    va_start(rest, command);
    void* argument = va_arg(rest, void*);
    va_end(rest);
    const bool is_second = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
    if (is_second) refuse_watched(fd, "a second descriptor");
    return static_cast<int>(syscall(SYS_fcntl, fd, command, argument));
}
int fcntl(int fd, int command, ...) {
    va_list rest;
    va_start(rest, command);
    void* argument = va_arg(rest, void*);
    va_end(rest);
    return fcntl64(fd, command, argument);
}
int fallocate64(int fd, int mode, off64_t offset, off64_t size) {
    refuse_watched(fd, "fallocate");
    return static_cast<int>(syscall(SYS_fallocate, fd, mode, offset, size));
}
int fallocate(int fd, int mode, off_t offset, off_t size) {
    return fallocate64(fd, mode, offset, size);
}
int posix_fallocate64(int fd, off64_t offset, off64_t size) {
    return fallocate64(fd, 0, offset, size) == 0 ? 0 : errno;
}
int posix_fallocate(int fd, off_t offset, off_t size) {
    return posix_fallocate64(fd, offset, size);
}
ssize_t pwritev2(int fd, const iovec* pieces, int count, off_t offset, int flags) {
    refuse_watched(fd, "pwritev2");
    return syscall(SYS_pwritev2, fd, pieces, count, offset, 0L, flags);
}
ssize_t splice(int source, off64_t* from, int target, off64_t* to, size_t size, unsigned flags) {
    refuse_watched(target, "splice");
    return syscall(SYS_splice, source, from, target, to, size, flags);
}
int sync_file_range(int fd, off64_t offset, off64_t size, unsigned flags) {
    return static_cast<int>(syscall(SYS_sync_file_range, fd, offset, size, flags));
}
int syncfs(int fd) {
    refuse_watched(fd, "syncfs");
    return static_cast<int>(syscall(SYS_syncfs, fd));
}

}  // extern "C"
