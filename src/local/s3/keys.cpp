#include "local/s3/keys.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/digest.h"
#include "base/encodings.h"
#include "base/fd.h"
#include "base/random.h"

namespace imagemill::local {
namespace {

constexpr std::size_t kAccessKeySize = 20;        // AWS's own length: some clients check it.
constexpr std::size_t kSecretBytes = 30;          // 40 characters of base64, as AWS's.
constexpr std::size_t kFileBytesMax = 64 * 1024;  // Of a credentials file, far above any real.
constexpr std::string_view kProfile = "default";

std::string to_access_key(Bytes bytes) {
    std::string text = "IM" + format_hex(bytes);
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    text.resize(kAccessKeySize);
    return text;
}

std::string to_secret_key(Bytes bytes) {
    return format_base64(bytes.first(kSecretBytes));
}

// The label says what the derived bytes are for, so that one can never stand for the other.
Sha256 derive(const aws::Credentials& root, std::string_view label, std::string_view function) {
    const std::string message = "imagemill 1 " + std::string(label) + "\n" + std::string(function);
    return hmac_sha256(as_bytes(root.secret_key), as_bytes(message));
}

aws::Credentials derive_credentials(const aws::Credentials& root, std::string_view function) {
    return {.access_key = to_access_key(derive(root, "access key", function)),
            .secret_key = to_secret_key(derive(root, "secret key", function)),
            .session_token = "",
            .expires = std::nullopt};
}

aws::Credentials make_credentials() {
    return {.access_key = to_access_key(random_bytes(kAccessKeySize)),
            .secret_key = to_secret_key(random_bytes(kSecretBytes)),
            .session_token = "",
            .expires = std::nullopt};
}

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
    std::string text(kFileBytesMax + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return cannot("read", path);
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    if (size > kFileBytesMax) {
        return Error{Code::corrupt, path + " is larger than any credentials file (" +
                                        std::to_string(kFileBytesMax) + " bytes)."};
    }
    text.resize(size);
    return text;
}

// Nothing where there is no file.
Result<std::optional<aws::Credentials>> read_credentials(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && errno == ENOENT) return std::optional<aws::Credentials>();
    if (!file) return cannot("open", path);
    TRY(check_mode(file, path));
    const std::string text = TRY(read_whole(file, path));
    auto parsed = aws::parse_credentials_file(text, kProfile);
    if (!parsed) {
        return Error{Code::corrupt, path + ": " + parsed.error().message +
                                        " Remove the file to have new keys made."};
    }
    return std::optional(*std::move(parsed));
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

// The file is whole or absent, at any instant. link(2) does not replace: the first of two servers
// that start at once wins, and both read what it wrote.
Result<void> create_credentials(const std::string& dir, const std::string& path) {
    const std::string draft = path + "." + random_hex(8);
    const Fd file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return cannot("make", draft);
    auto result =
        write_durably(file, aws::format_credentials_file(make_credentials(), kProfile), draft);
    if (result && ::link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) {
        result = cannot("make", path);
    }
    ::unlink(draft.c_str());
    TRY(std::move(result));
    return sync_directory(dir);
}

}  // namespace

std::string_view name_of(Action action) {
    switch (action) {
        case Action::get_object:
            return "s3:GetObject";
        case Action::put_object:
            return "s3:PutObject";
        case Action::delete_object:
            return "s3:DeleteObject";
        case Action::list_bucket:
            return "s3:ListBucket";
        case Action::create_bucket:
            return "s3:CreateBucket";
        case Action::list_buckets:
            return "s3:ListAllMyBuckets";
    }
    return "s3:";
}

Keys::Keys(aws::Credentials root, std::vector<FunctionGrants> functions) : root_(std::move(root)) {
    for (FunctionGrants& function : functions) {
        aws::Credentials credentials = derive_credentials(root_, function.function);
        functions_.push_back({.function = std::move(function.function),
                              .credentials = std::move(credentials),
                              .grants = std::move(function.grants)});
    }
}

aws::Credentials Keys::of_function(std::string_view function) const {
    return derive_credentials(root_, function);
}

const Keys::FunctionKey* Keys::function_with(std::string_view access_key) const {
    const auto found = std::ranges::find_if(functions_, [&](const FunctionKey& function) {
        return equal_in_constant_time(function.credentials.access_key, access_key);
    });
    return found == functions_.end() ? nullptr : &*found;
}

std::optional<aws::Credentials> Keys::find(std::string_view access_key) const {
    if (equal_in_constant_time(root_.access_key, access_key)) return root_;
    const FunctionKey* function = function_with(access_key);
    if (function == nullptr) return std::nullopt;
    return function->credentials;
}

std::string Keys::holder_of(std::string_view access_key) const {
    if (equal_in_constant_time(root_.access_key, access_key)) return "root";
    const FunctionKey* function = function_with(access_key);
    return function == nullptr ? "nobody" : function->function;
}

bool Keys::allows(std::string_view access_key, Action action, std::string_view bucket,
                  std::string_view key) const {
    if (equal_in_constant_time(root_.access_key, access_key)) return true;
    const FunctionKey* function = function_with(access_key);
    if (function == nullptr) return false;
    return std::ranges::any_of(function->grants, [&](const Grant& grant) {
        return grant.action == action && grant.bucket == bucket &&
               key.starts_with(grant.key_prefix);
    });
}

Result<aws::Credentials> load_root_key(const std::string& dir) {
    std::error_code failure;
    std::filesystem::create_directories(dir, failure);
    if (failure) {
        return Error{Code::unavailable, "Cannot make " + dir + ": " + failure.message() + "."};
    }
    const std::string path = dir + "/credentials";
    auto found = TRY(read_credentials(path));
    if (found) return *std::move(found);
    TRY(create_credentials(dir, path));
    auto made = TRY(read_credentials(path));
    if (!made) return Error{Code::unavailable, path + " vanished as it was made."};
    return *std::move(made);
}

}  // namespace imagemill::local
