#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/fd.h"

namespace imagemill {

// A file says how long it is, so that nothing is copied; a pipe does not, and a file may grow.
Result<std::string> read_file(const std::string& path) {
    constexpr std::size_t kStepBytes = 64 * 1024;
    constexpr off_t kAtOnceMax = 1 << 30;
    const Error unreadable = {Code::unavailable, "The file " + path + " cannot be read."};
    const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status = {};
    if (!file || fstat(file.get(), &status) != 0) return unreadable;

    std::string text(static_cast<std::size_t>(std::min(status.st_size, kAtOnceMax)) + 1, '\0');
    std::size_t size = 0;
    while (true) {
        if (size == text.size()) text.resize(text.size() + std::max(text.size(), kStepBytes));
        const ssize_t count = read(file.get(), text.data() + size, text.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return unreadable;
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    text.resize(size);
    return text;
}

}  // namespace imagemill
