#include "operator_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "base/encodings.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/random.h"
#include "local/s3/secret_file.h"

namespace imagemill {
namespace {

constexpr const char* kOperatorToken = "operator-token";
constexpr std::size_t kTokenBytesMin = 32;
constexpr const char* kServerName = "/server.json";

Error cannot(const std::string& what, const std::string& path) {
    return {Code::unavailable,
            path + " cannot be " + what + ": " + std::generic_category().message(errno) + "."};
}

std::optional<std::string> read_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) return std::nullopt;
    return text.str();
}

// Whole or not at all; a power cut may leave either. By the one server of the directory, so that a
// draft that a crash left is written over.
Result<void> write_text(const std::string& path, const std::string& text) {
    const std::string draft = path + ".draft";
    const Fd file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file) return cannot("written", draft);
    const bool is_whole =
        ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (is_whole && std::rename(draft.c_str(), path.c_str()) == 0) return {};
    Error error = cannot("written", path);
    ::unlink(draft.c_str());
    return error;
}

// When a process started, in the kernel's ticks: no two processes of a number share it. Empty where
// there is no such process. proc(5), /proc/pid/stat, field 22; the name may hold anything.
std::string start_of(std::int64_t pid) {
    const auto stat = read_text("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t name_end = stat ? stat->rfind(')') : std::string::npos;
    if (name_end == std::string::npos) return "";
    std::istringstream fields(stat->substr(name_end + 1));
    std::string field;
    for (int number = 3; number <= 22; ++number) fields >> field;
    return field;
}

bool fits_in_url(std::string_view token) {
    return std::ranges::all_of(token, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.' || c == '~';
    });
}

// Made at the first call.
Result<std::string> load_token(const std::string& path) {
    auto text = TRY(local::read_secret_file(path));
    if (!text) {
        // Brought to the disk: cut short by a power cut, it would stop every start to come.
        TRY(local::create_secret_file(path, random_hex(32) + "\n"));
        text = TRY(local::read_secret_file(path));
    }
    if (!text) return cannot("read", path);
    const std::string token(trim(text->substr(0, text->find('\n'))));
    if (token.size() >= kTokenBytesMin) return token;
    return Error{Code::unavailable, path +
                                        " holds no token of at least 32 characters; delete it, and "
                                        "the next start makes a new one."};
}

Error no_server(const std::string& data, const std::string& more) {
    return {Code::unavailable,
            "No server runs on " + data + more + ". Start it with: imagemill serve --data " + data};
}

}  // namespace

Result<std::string> load_operator_token(const std::string& data) {
    return load_token(data + "/" + kOperatorToken);
}

Result<std::string> load_events_token(const std::string& data, const std::string& given) {
    const bool is_given = !given.empty();
    const std::string path = data + "/" + kEventsToken;
    const std::string token = is_given ? given : TRY(load_token(path));
    if (token.size() >= kTokenBytesMin && fits_in_url(token)) return token;
    return Error{Code::invalid_argument,
                 (is_given ? "IMAGEMILL_EVENTS_TOKEN" : path) +
                     ": expected at least 32 letters, digits and - _ . ~, which a URL takes as "
                     "they are; it has " +
                     std::to_string(token.size()) + " characters."};
}

Result<ServerFile> ServerFile::write(const std::string& data, const std::string& url) {
    ServerFile file;
    const std::string path = data + kServerName;
    const auto pid = static_cast<std::int64_t>(::getpid());
    const json::object document{{"url", url}, {"pid", pid}, {"started", start_of(pid)}};
    TRY(write_text(path, json::serialize(document) + "\n"));
    file.path_ = path;
    return file;
}

ServerFile::ServerFile(ServerFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}

ServerFile& ServerFile::operator=(ServerFile&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
}

ServerFile::~ServerFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

Result<RunningServer> find_server(const std::string& data) {
    const std::string path = data + kServerName;
    if (::access(path.c_str(), F_OK) != 0) {
        if (errno != ENOENT) return cannot("read", path);
        return no_server(data, "");
    }
    const auto text = read_text(path);
    if (!text) return cannot("read", path);
    const json::value document = TRY(parse_json(*text));
    const JsonReader reader(document);
    const JsonReader url_field = TRY(reader.at("url"));
    const JsonReader pid_field = TRY(reader.at("pid"));
    const JsonReader started_field = TRY(reader.at("started"));
    const std::string url = TRY(url_field.string());
    const auto pid = TRY(pid_field.integer(1, INT32_MAX));
    const auto started = TRY(started_field.string());
    if (start_of(pid) != started) {
        return no_server(data, " any more: the last one (process " + std::to_string(pid) + ", at " +
                                   url + ") ended without clearing " + path);
    }
    RunningServer server;
    server.url = url;
    server.token = TRY(load_operator_token(data));
    return server;
}

}  // namespace imagemill
