#include "local/s3/grants.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/encodings.h"
#include "local/s3/bucket_name.h"

namespace imagemill::local {
namespace {

constexpr std::array kReading{Action::get_object, Action::get_object_tagging, Action::list_bucket};
constexpr std::array kWriting{Action::put_object,
                              Action::delete_object,
                              Action::put_object_tagging,
                              Action::delete_object_tagging,
                              Action::abort_multipart_upload,
                              Action::list_multipart_upload_parts};
constexpr std::size_t kPrefixBytesMax = 1024;

// To what an action can be confined.
enum class Scope { keys, bucket, nothing };

Scope scope_of(Action action) {
    switch (action) {
        case Action::get_object:
        case Action::put_object:
        case Action::delete_object:
        case Action::get_object_tagging:
        case Action::put_object_tagging:
        case Action::delete_object_tagging:
        case Action::abort_multipart_upload:
        case Action::list_multipart_upload_parts:
        case Action::list_bucket:
        case Action::list_bucket_versions:
            return Scope::keys;
        case Action::list_bucket_multipart_uploads:
        case Action::create_bucket:
        case Action::delete_bucket:
        case Action::get_bucket_cors:
        case Action::put_bucket_cors:
        case Action::get_bucket_notification:
        case Action::put_bucket_notification:
            return Scope::bucket;
        case Action::list_buckets:
            return Scope::nothing;
    }
    return Scope::nothing;
}

Error nonsense(const std::string& text, const std::string& why) {
    return {Code::invalid_argument,
            "The grant \"" + printable(text, 200) + "\" makes no sense: " + why};
}

std::vector<Action> parse_actions(const std::string& what) {
    if (what == "read") return {kReading.begin(), kReading.end()};
    if (what == "write") return {kWriting.begin(), kWriting.end()};
    const std::string name = what.starts_with("s3:") ? what : "s3:" + what;
    for (const Action action : all_actions()) {
        if (name_of(action) == name) return {action};
    }
    return {};
}

std::string known_actions() {
    std::string names;
    for (const Action action : all_actions()) names += ", " + std::string(name_of(action));
    return names;
}

// Whether the action can be confined so.
std::optional<Error> check_scope(const std::string& text, Action action, const Grant& grant) {
    const std::string name(name_of(action));
    if (scope_of(action) == Scope::nothing && grant.bucket != "*") {
        return nonsense(text, name + " is of no bucket: write \"" + name + "=*\".");
    }
    if (scope_of(action) != Scope::keys && !grant.key_prefix.empty()) {
        return nonsense(text, name + " is of a bucket as a whole: leave out the prefix \"" +
                                  printable(grant.key_prefix, 200) + "\".");
    }
    return std::nullopt;
}

}  // namespace

Result<std::vector<Grant>> parse_grant(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
        return nonsense(text,
                        "expected WHAT=BUCKET or WHAT=BUCKET/PREFIX, such as "
                        "\"read=photos/trips/\".");
    }
    const std::vector<Action> actions = parse_actions(text.substr(0, equals));
    if (actions.empty()) {
        return nonsense(text, "\"" + printable(text.substr(0, equals), 100) +
                                  "\" is none of read, write" + known_actions() + ".");
    }
    const std::string where = text.substr(equals + 1);
    const std::size_t slash = where.find('/');
    Grant grant{.action = actions.front(),
                .bucket = where.substr(0, slash),
                .key_prefix = slash == std::string::npos ? "" : where.substr(slash + 1)};
    if (grant.bucket != "*" && !s3::check_bucket_name(grant.bucket)) {
        return nonsense(text, "\"" + printable(grant.bucket, 100) +
                                  "\" can be no bucket's name. Write \"*\" for all buckets.");
    }
    if (grant.key_prefix.find('*') != std::string::npos) {
        return nonsense(text,
                        "a prefix is literal and stands for all keys that begin with it: "
                        "leave out the \"*\".");
    }
    if (!is_utf8(grant.key_prefix) || grant.key_prefix.size() > kPrefixBytesMax) {
        return nonsense(text, "no key begins so: keys are UTF-8 of at most " +
                                  std::to_string(kPrefixBytesMax) + " bytes.");
    }
    std::vector<Grant> grants;
    for (const Action action : actions) {
        if (const auto error = check_scope(text, action, grant)) return *error;
        grant.action = action;
        grants.push_back(grant);
    }
    return grants;
}

}  // namespace imagemill::local
