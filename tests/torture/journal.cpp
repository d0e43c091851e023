#include "journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <random>
#include <vector>

namespace torture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFdsMax = 65'536;
constexpr unsigned kSyncMicrosecondsMax = 2'000;

struct Watched {
    std::atomic<std::uint64_t> inode = 0;  // 0: not watched.
    std::atomic<bool> is_appending = false;
};

struct Journal {
    std::string root;
    std::string fault_file;
    int fd = -1;
    std::uint64_t device = 0;
    pid_t process = 0;
    std::mutex mutex;
    std::int64_t syncs = 0;  // Guarded by mutex.
    std::array<Watched, kFdsMax> fds;
};

// Never destroyed: the program's last threads may still write. Null before the library's start.
Journal* journal = nullptr;

struct __attribute__((packed)) Head {
    char kind;
    std::uint64_t time_ns;
    std::uint64_t inode;
    std::int64_t offset;
    std::uint32_t path_bytes;
    std::uint32_t other_bytes;
    std::uint64_t size_bytes;
};

std::uint64_t now_ns() {
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

// Under the mutex.
void put_down(const Record& record) {
    if (journal->fd < 0) return;
    Head head = {.kind = static_cast<char>(record.kind),
                 .time_ns = now_ns(),
                 .inode = record.inode,
                 .offset = record.offset,
                 .path_bytes = static_cast<std::uint32_t>(record.path.size()),
                 .other_bytes = static_cast<std::uint32_t>(record.other.size()),
                 .size_bytes = record.size_bytes};
    std::string text(reinterpret_cast<const char*>(&head), sizeof(head));
    text += record.path + record.other;
    std::size_t left = record.size_bytes;
    for (const iovec& piece : record.bytes) {
        const std::size_t size = std::min(left, piece.iov_len);
        text.append(static_cast<const char*>(piece.iov_base), size);
        left -= size;
    }
    for (std::string_view rest = text; !rest.empty();) {
        const long count = syscall(SYS_write, journal->fd, rest.data(), rest.size());
        if (count < 0 && errno != EINTR) not_covered("a journal that cannot be written");
        if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string text_of(const char* variable) {
    const char* value = std::getenv(variable);
    return value == nullptr ? "" : value;
}

__attribute__((constructor)) void start() {
    const std::string root = text_of("TORTURE_ROOT");
    if (root.empty()) return;
    struct stat status = {};
    if (::lstat(root.c_str(), &status) != 0) return;
    auto* made = new Journal;
    made->root = root;
    made->device = status.st_dev;
    made->process = ::getpid();
    made->fault_file = text_of("TORTURE_FAULT");
    const std::string file = text_of("TORTURE_JOURNAL");
    if (!file.empty()) {
        const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
        made->fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, file.c_str(), flags, 0600));
        if (made->fd < 0) not_covered("a journal that cannot be made");
    }
    journal = made;
}

}  // namespace

std::string watched(int folder, const char* path) {
    if (journal == nullptr || path == nullptr) return "";
    fs::path whole = path;
    if (whole.is_relative()) {
        const std::string link = folder == AT_FDCWD ? std::string("/proc/self/cwd")
                                                    : "/proc/self/fd/" + std::to_string(folder);
        std::array<char, 4096> text = {};
        const long size = syscall(SYS_readlinkat, AT_FDCWD, link.c_str(), text.data(), text.size());
        if (size <= 0) return "";
        whole = fs::path(std::string(text.data(), static_cast<std::size_t>(size))) / whole;
    }
    std::string normal = whole.lexically_normal();
    if (normal.size() > 1 && normal.back() == '/') normal.pop_back();
    const bool is_below = normal == journal->root || normal.starts_with(journal->root + "/");
    return is_below && !normal.ends_with("-shm") ? normal : "";
}

std::uint64_t inode_of(int fd) {
    struct stat status = {};
    return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

void watch(int fd, bool is_appending) {
    if (static_cast<std::size_t>(fd) >= kFdsMax) not_covered("so many descriptors");
    Watched& slot = journal->fds[static_cast<std::size_t>(fd)];
    slot.is_appending = is_appending;
    slot.inode = inode_of(fd);
}

void unwatch(int fd) {
    // A child of vfork shares this memory, but its descriptors are its own.
    if (journal == nullptr || ::getpid() != journal->process) return;
    if (fd < 0 || static_cast<std::size_t>(fd) >= kFdsMax) return;
    journal->fds[static_cast<std::size_t>(fd)].inode = 0;
}

bool is_watched(int fd) {
    if (journal == nullptr || fd < 0 || static_cast<std::size_t>(fd) >= kFdsMax) return false;
    const std::uint64_t inode = journal->fds[static_cast<std::size_t>(fd)].inode;
    if (inode == 0) return false;
    // Closed by the C library itself, its number may be another file's now.
    struct stat status = {};
    return ::fstat(fd, &status) == 0 && status.st_ino == inode && status.st_dev == journal->device;
}

bool is_appending(int fd) {
    return journal->fds[static_cast<std::size_t>(fd)].is_appending;
}

int fault(Effect effect) {
    if (journal == nullptr || journal->fault_file.empty()) return 0;
    const long fd = syscall(SYS_openat, AT_FDCWD, journal->fault_file.c_str(), O_RDONLY, 0);
    if (fd < 0) return 0;
    std::array<char, 16> text = {};
    const long size = syscall(SYS_read, fd, text.data(), text.size());
    syscall(SYS_close, fd);
    const std::string name(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    if (name == "ENOSPC" && effect == Effect::grow) return ENOSPC;
    if (name == "EROFS" && effect != Effect::sync) return EROFS;
    if (name == "EIO" && effect == Effect::sync) return EIO;
    return 0;
}

long step(const std::function<Outcome()>& operation) {
    const std::lock_guard lock(journal->mutex);
    const Outcome outcome = operation();
    const int error = errno;
    if (outcome.is_done) put_down(outcome.record);
    errno = error;
    return outcome.answer;
}

int sync(int fd) {
    if (const int error = fault(Effect::sync); error != 0) {
        errno = error;
        return -1;
    }
    Record record = {.kind = Kind::sync_begun, .inode = inode_of(fd)};
    {
        const std::lock_guard lock(journal->mutex);
        record.offset = ++journal->syncs;
        put_down(record);
    }
    thread_local std::minstd_rand random{std::random_device{}()};
    ::usleep(static_cast<unsigned>(random()) % kSyncMicrosecondsMax);
    const std::lock_guard lock(journal->mutex);
    record.kind = Kind::sync_done;
    put_down(record);
    return 0;
}

void not_covered(const char* what) {
    const std::string text = std::string("torture: the journal does not cover ") + what + ".\n";
    (void)!syscall(SYS_write, 2, text.data(), text.size());
    std::abort();
}

}  // namespace torture
