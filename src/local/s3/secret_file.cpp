#include "local/s3/secret_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/fd.h"

namespace imagemill::local {
namespace {

Error cannot(std::string_view what, const std::string& path) {
    return {Code::unavailable,
            "Cannot " + std::string(what) + " " + path + ": " + std::strerror(errno) + "."};
}

// Whoever can read the file owns every object, so it is closed to others again when it was opened.
Result<void> check_mode(const Fd& file, const std::string& path) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return cannot("look at", path);
    if ((status.st_mode & 077U) == 0) return {};
    if (::fchmod(file.get(), 0600) != 0) {
        return cannot("keep others from reading (chmod 600)", path);
    }
    return {};
}

Result<std::string> read_whole(const Fd& file, const std::string& path) {
    std::string text(kSecretFileBytesMax + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return cannot("read", path);
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    if (size > kSecretFileBytesMax) {
        return Error{Code::corrupt, path + " is larger than any file of keys (" +
                                        std::to_string(kSecretFileBytesMax) + " bytes)."};
    }
    text.resize(size);
    return text;
}

Result<void> write_durably(const Fd& file, std::string_view text, const std::string& path) {
    while (!text.empty()) {
        const ssize_t count = ::write(file.get(), text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return cannot("write", path);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fsync(file.get()) != 0) return cannot("write", path);
    return {};
}

Result<void> sync_directory(const std::string& dir) {
    const Fd directory(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) return cannot("write", dir);
    return {};
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// A file beside `path` that holds `text`, and its name. Whoever asked moves it. One that a crash
// left is replaced, so there is never more than one.
Result<std::string> write_draft(const std::string& path, std::string_view text) {
    std::string draft = path + ".draft";
    ::unlink(draft.c_str());
    const Fd file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return cannot("make", draft);
    if (auto written = write_durably(file, text, draft); !written) {
        ::unlink(draft.c_str());
        return std::move(written).error();
    }
    return draft;
}

}  // namespace

Result<std::optional<std::string>> read_secret_file(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && errno == ENOENT) return std::optional<std::string>();
    if (!file) return cannot("open", path);
    TRY(check_mode(file, path));
    std::string text = TRY(read_whole(file, path));
    return std::optional(std::move(text));
}

Result<void> create_secret_file(const std::string& path, std::string_view text) {
    const std::string dir = folder_of(path);
    const Fd folder(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::flock(folder.get(), LOCK_EX) != 0) return cannot("write in", dir);
    if (::access(path.c_str(), F_OK) == 0) return sync_directory(dir);  // The other's may not be.
    return replace_secret_file(path, text);
}

Result<void> replace_secret_file(const std::string& path, std::string_view text) {
    const std::string draft = TRY(write_draft(path, text));
    if (std::rename(draft.c_str(), path.c_str()) != 0) {
        const Error error = cannot("replace", path);
        ::unlink(draft.c_str());
        return error;
    }
    return sync_directory(folder_of(path));
}

}  // namespace imagemill::local
