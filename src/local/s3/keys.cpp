#include "local/s3/keys.h"

#include <algorithm>
#include <filesystem>

#include "base/digest.h"
#include "base/encodings.h"
#include "base/random.h"
#include "local/s3/key_file.h"
#include "local/s3/secret_file.h"

namespace imagemill::local {
namespace {

constexpr std::size_t kAccessKeySize = 20;  // AWS's own length: some clients check it.
constexpr std::size_t kSecretBytes = 30;    // 40 characters of base64, as AWS's.
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

}  // namespace

aws::Credentials make_credentials() {
    return {.access_key = to_access_key(random_bytes(kAccessKeySize)),
            .secret_key = to_secret_key(random_bytes(kSecretBytes)),
            .session_token = "",
            .expires = std::nullopt};
}

namespace {

// Nothing where there is no file.
Result<std::optional<aws::Credentials>> read_credentials(const std::string& path) {
    const auto text = TRY(read_secret_file(path));
    if (!text) return std::optional<aws::Credentials>();
    auto parsed = aws::parse_credentials_file(*text, kProfile);
    if (!parsed) {
        return Error{Code::corrupt, path + ": " + parsed.error().message +
                                        " Remove the file to have new keys made."};
    }
    return std::optional(*std::move(parsed));
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
        case Action::get_object_tagging:
            return "s3:GetObjectTagging";
        case Action::put_object_tagging:
            return "s3:PutObjectTagging";
        case Action::delete_object_tagging:
            return "s3:DeleteObjectTagging";
        case Action::abort_multipart_upload:
            return "s3:AbortMultipartUpload";
        case Action::list_multipart_upload_parts:
            return "s3:ListMultipartUploadParts";
        case Action::list_bucket:
            return "s3:ListBucket";
        case Action::list_bucket_versions:
            return "s3:ListBucketVersions";
        case Action::list_bucket_multipart_uploads:
            return "s3:ListBucketMultipartUploads";
        case Action::create_bucket:
            return "s3:CreateBucket";
        case Action::delete_bucket:
            return "s3:DeleteBucket";
        case Action::get_bucket_cors:
            return "s3:GetBucketCORS";
        case Action::put_bucket_cors:
            return "s3:PutBucketCORS";
        case Action::get_bucket_notification:
            return "s3:GetBucketNotification";
        case Action::put_bucket_notification:
            return "s3:PutBucketNotification";
        case Action::list_buckets:
            return "s3:ListAllMyBuckets";
    }
    return "s3:";
}

std::vector<Action> all_actions() {
    std::vector<Action> actions;
    for (int i = 0; i <= static_cast<int>(Action::list_buckets); ++i) {
        actions.push_back(static_cast<Action>(i));
    }
    return actions;
}

Keys::Keys(aws::Credentials root, std::vector<FunctionGrants> functions, KeyFile* more)
    : root_(std::move(root)), more_(more) {
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

std::optional<Keys::Holder> Keys::holder_with(std::string_view access_key) const {
    const FunctionKey* function = function_with(access_key);
    if (function != nullptr) {
        return Holder{function->function, function->credentials, function->grants};
    }
    if (more_ == nullptr) return std::nullopt;
    const auto keys = more_->keys();
    const auto found = std::ranges::find_if(*keys, [&](const NamedKey& key) {
        return equal_in_constant_time(key.credentials.access_key, access_key);
    });
    if (found == keys->end()) return std::nullopt;
    return Holder{found->name, found->credentials, found->grants};
}

std::optional<aws::Credentials> Keys::find(std::string_view access_key) const {
    if (equal_in_constant_time(root_.access_key, access_key)) return root_;
    auto holder = holder_with(access_key);
    if (!holder) return std::nullopt;
    return std::move(holder->credentials);
}

std::string Keys::holder_of(std::string_view access_key) const {
    if (equal_in_constant_time(root_.access_key, access_key)) return "root";
    auto holder = holder_with(access_key);
    return holder ? std::move(holder->name) : "nobody";
}

bool Keys::allows(std::string_view access_key, Action action, std::string_view bucket,
                  std::string_view key) const {
    if (equal_in_constant_time(root_.access_key, access_key)) return true;
    const auto holder = holder_with(access_key);
    if (!holder) return false;
    return std::ranges::any_of(holder->grants, [&](const Grant& grant) {
        const bool is_bucket = grant.bucket == "*" || grant.bucket == bucket;
        return grant.action == action && is_bucket && key.starts_with(grant.key_prefix);
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
    // Of two servers that start at once, both read what the first one wrote.
    TRY(create_secret_file(path, aws::format_credentials_file(make_credentials(), kProfile)));
    auto made = TRY(read_credentials(path));
    if (!made) return Error{Code::unavailable, path + " vanished as it was made."};
    return *std::move(made);
}

}  // namespace imagemill::local
