#include "local/s3/authorization.h"

#include <optional>
#include <string>
#include <variant>

#include "local/s3/conditions.h"

namespace imagemill::local::s3 {
namespace {

// What a call does, seen by who may. Nothing for what is not served: there is nothing to allow.
struct NeededAction {
    std::optional<Action> operator()(const ListBuckets&) const { return Action::list_buckets; }
    std::optional<Action> operator()(const CreateBucket&) const { return Action::create_bucket; }
    std::optional<Action> operator()(const HeadBucket&) const { return Action::list_bucket; }
    std::optional<Action> operator()(const GetBucketLocation&) const { return Action::list_bucket; }
    std::optional<Action> operator()(const ListObjectsV2&) const { return Action::list_bucket; }
    std::optional<Action> operator()(const PostObject&) const { return Action::put_object; }
    std::optional<Action> operator()(const PutObject&) const { return Action::put_object; }
    std::optional<Action> operator()(const GetObject&) const { return Action::get_object; }
    std::optional<Action> operator()(const HeadObject&) const { return Action::get_object; }
    std::optional<Action> operator()(const DeleteObject&) const { return Action::delete_object; }
    std::optional<Action> operator()(const Unserved&) const { return std::nullopt; }
};

// A write on the condition of an ETag tells what is there, so it needs leave to read as well.
bool reads_too(const Operation& operation) {
    const auto if_match = operation.headers.get("If-Match");
    const bool is_write = std::holds_alternative<PutObject>(operation.call) ||
                          std::holds_alternative<DeleteObject>(operation.call);
    return is_write && if_match && *if_match != "*";
}

// Of a listing, the prefix stands where the key does.
std::string_view subject_of(const Operation& operation) {
    if (const auto* list = std::get_if<ListObjectsV2>(&operation.call)) return list->prefix;
    return operation.key;
}

std::string resource_of(const Operation& operation) {
    std::string arn = "arn:aws:s3:::" + operation.bucket;
    if (!operation.key.empty()) arn += "/" + operation.key;
    return arn;
}

Outcome<void> check_allowed(const Keys& keys, std::string_view access_key, Action action,
                            const Operation& operation) {
    if (keys.allows(access_key, action, operation.bucket, subject_of(operation))) return {};
    return access_denied("User: " + keys.holder_of(access_key) + " is not authorized to perform: " +
                         std::string(name_of(action)) + " on resource: \"" +
                         resource_of(operation) + "\" because no grant allows the " +
                         std::string(name_of(action)) + " action");
}

}  // namespace

Outcome<void> authorize(const Keys& keys, std::string_view access_key, const Operation& operation) {
    const std::optional<Action> action = std::visit(NeededAction{}, operation.call);
    if (!action) return {};
    TRY(check_allowed(keys, access_key, *action, operation));
    if (reads_too(operation)) {
        TRY(check_allowed(keys, access_key, Action::get_object, operation));
    }
    return {};
}

aws::S3Error conceal_missing_key(const Keys& keys, std::string_view access_key,
                                 const Operation& operation, aws::S3Error error) {
    if (error.code != "NoSuchKey") return error;
    auto allowed = check_allowed(keys, access_key, Action::list_bucket, operation);
    return allowed ? std::move(error) : std::move(allowed).error();
}

}  // namespace imagemill::local::s3
