#include "local/lambda/logs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <mutex>

#include "base/encodings.h"
#include "base/fd.h"

namespace imagemill::local {
namespace {

constexpr std::string_view kCutMark = " [cut]";

// A function's name becomes a file's: nothing that leaves the directory or hides in it.
bool is_file_name(std::string_view function) {
    return !function.empty() && function.size() <= 200 && function.front() != '.' &&
           function.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

std::string printable(std::string_view line) {
    std::string text;
    if (line.size() > kLogLineBytesMax) {
        text = utf8_prefix(line, kLogLineBytesMax - kCutMark.size());
        text += kCutMark;
    } else {
        text = line;
    }
    std::ranges::replace_if(
        text,
        [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; },
        ' ');
    text += '\n';
    return text;
}

bool write_whole(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

class FileLogs final : public Logs {
  public:
    FileLogs(std::string dir, std::int64_t file_bytes_max)
        : dir_(std::move(dir)), file_bytes_max_(file_bytes_max) {}

    void append(std::string_view function, std::string_view line) override {
        const std::string text = printable(line);
        const std::lock_guard lock(mutex_);
        if (!is_file_name(function) || !append_to_file(function, text)) ++dropped_;
    }

    std::int64_t dropped() const override {
        const std::lock_guard lock(mutex_);
        return dropped_;
    }

  private:
    struct File {
        Fd fd;
        std::int64_t size_bytes = 0;
    };

    bool append_to_file(std::string_view function, const std::string& text) {
        const std::string path = dir_ + "/" + std::string(function) + ".log";
        File& file = files_.try_emplace(std::string(function)).first->second;
        if (!file.fd && !open(file, path)) return false;
        const auto size = static_cast<std::int64_t>(text.size());
        if (file.size_bytes > 0 && file.size_bytes + size > file_bytes_max_) {
            // A rename that fails leaves the file growing: lines are worth more than the bound.
            if (std::rename(path.c_str(), (path + ".1").c_str()) == 0) file.fd.reset();
            if (!file.fd && !open(file, path)) return false;
        }
        if (!write_whole(file.fd.get(), text)) {
            file.fd.reset();  // The next line opens it anew: the disk may have come back.
            return false;
        }
        file.size_bytes += size;
        return true;
    }

    bool open(File& file, const std::string& path) {
        ::mkdir(dir_.c_str(), 0750);  // There already, or the open below says what is wrong.
        file.fd = Fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
        struct stat status {};
        if (!file.fd || ::fstat(file.fd.get(), &status) != 0) return false;
        file.size_bytes = status.st_size;
        return true;
    }

    const std::string dir_;
    const std::int64_t file_bytes_max_;
    mutable std::mutex mutex_;
    std::map<std::string, File> files_;  // Guarded by mutex_, as is dropped_.
    std::int64_t dropped_ = 0;
};

}  // namespace

std::unique_ptr<Logs> make_logs(std::string dir, std::int64_t file_bytes_max) {
    return std::make_unique<FileLogs>(std::move(dir), file_bytes_max);
}

}  // namespace imagemill::local
