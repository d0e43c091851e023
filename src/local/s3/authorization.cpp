#include "local/s3/authorization.h"

#include <optional>
#include <string>
#include <variant>

#include "local/s3/conditions.h"

namespace imagemill::local::s3 {
namespace {

// What a call does, seen by who may. Nothing for what is not served: there is nothing to allow. And
// nothing for a bulk removal, which is allowed or not key by key.
struct NeededAction {
    using Needed = std::optional<Action>;
    Needed operator()(const ListBuckets&) const { return Action::list_buckets; }
    Needed operator()(const CreateBucket&) const { return Action::create_bucket; }
    Needed operator()(const DeleteBucket&) const { return Action::delete_bucket; }
    Needed operator()(const HeadBucket&) const { return Action::list_bucket; }
    Needed operator()(const GetBucketLocation&) const { return Action::list_bucket; }
    Needed operator()(const GetPlainSetting&) const { return Action::list_bucket; }
    Needed operator()(const GetBucketCors&) const { return Action::get_bucket_cors; }
    Needed operator()(const PutBucketCors&) const { return Action::put_bucket_cors; }
    Needed operator()(const DeleteBucketCors&) const { return Action::put_bucket_cors; }
    Needed operator()(const GetBucketNotificationConfiguration&) const {
        return Action::get_bucket_notification;
    }
    Needed operator()(const PutBucketNotificationConfiguration&) const {
        return Action::put_bucket_notification;
    }
    Needed operator()(const ListObjects&) const { return Action::list_bucket; }
    Needed operator()(const ListObjectsV2&) const { return Action::list_bucket; }
    Needed operator()(const ListObjectVersions&) const { return Action::list_bucket_versions; }
    Needed operator()(const PostObject&) const { return Action::put_object; }
    Needed operator()(const PutObject&) const { return Action::put_object; }
    Needed operator()(const CopyObject&) const { return Action::put_object; }
    Needed operator()(const GetObject&) const { return Action::get_object; }
    Needed operator()(const HeadObject&) const { return Action::get_object; }
    Needed operator()(const GetObjectAttributes&) const { return Action::get_object; }
    Needed operator()(const GetObjectAcl&) const { return Action::get_object; }
    Needed operator()(const DeleteObject&) const { return Action::delete_object; }
    Needed operator()(const DeleteObjects&) const { return std::nullopt; }
    Needed operator()(const GetObjectTagging&) const { return Action::get_object_tagging; }
    Needed operator()(const PutObjectTagging&) const { return Action::put_object_tagging; }
    Needed operator()(const DeleteObjectTagging&) const { return Action::delete_object_tagging; }
    Needed operator()(const CreateMultipartUpload&) const { return Action::put_object; }
    Needed operator()(const UploadPart&) const { return Action::put_object; }
    Needed operator()(const UploadPartCopy&) const { return Action::put_object; }
    Needed operator()(const CompleteMultipartUpload&) const { return Action::put_object; }
    // Who may put an object may see and give up what is to become one.
    Needed operator()(const AbortMultipartUpload&) const { return Action::put_object; }
    Needed operator()(const ListParts&) const { return Action::put_object; }
    Needed operator()(const ListMultipartUploads&) const { return Action::list_bucket; }
    Needed operator()(const Unserved&) const { return std::nullopt; }
};

// A write on the condition of an ETag tells what is there, so it needs leave to read as well.
bool reads_too(const Operation& operation) {
    const auto if_match = operation.headers.get("If-Match");
    const bool is_write = std::holds_alternative<PutObject>(operation.call) ||
                          std::holds_alternative<CopyObject>(operation.call) ||
                          std::holds_alternative<CompleteMultipartUpload>(operation.call) ||
                          std::holds_alternative<DeleteObject>(operation.call);
    return is_write && if_match && *if_match != "*";
}

bool tags_too(const Operation& operation) {
    if (!operation.headers.get("x-amz-tagging")) return false;
    const auto* copy = std::get_if<CopyObject>(&operation.call);
    return copy == nullptr || copy->replace_tags;
}

// Of a listing, the prefix stands where the key does.
struct Subject {
    const Operation& operation;
    std::string operator()(const ListObjects& list) const { return list.prefix; }
    std::string operator()(const ListObjectsV2& list) const { return list.prefix; }
    std::string operator()(const ListObjectVersions& list) const { return list.prefix; }
    std::string operator()(const ListMultipartUploads& list) const { return list.prefix; }
    std::string operator()(const auto&) const { return operation.key; }
};

std::string resource_of(const store::ObjectId& id) {
    std::string arn = "arn:aws:s3:::" + id.bucket;
    if (!id.key.empty()) arn += "/" + id.key;
    return arn;
}

}  // namespace

Outcome<void> check_allowed(const Keys& keys, std::string_view access_key, Action action,
                            const store::ObjectId& id) {
    if (keys.allows(access_key, action, id.bucket, id.key)) return {};
    const std::string name(name_of(action));
    return access_denied("User: " + keys.holder_of(access_key) +
                         " is not authorized to perform: " + name + " on resource: \"" +
                         resource_of(id) + "\" because no grant allows the " + name + " action");
}

Outcome<void> authorize(const Keys& keys, std::string_view access_key, const Operation& operation) {
    const std::optional<Action> action = std::visit(NeededAction{}, operation.call);
    if (!action) return {};
    const store::ObjectId id{.bucket = operation.bucket,
                             .key = std::visit(Subject{operation}, operation.call)};
    TRY(check_allowed(keys, access_key, *action, id));
    if (reads_too(operation)) TRY(check_allowed(keys, access_key, Action::get_object, id));
    if (tags_too(operation)) TRY(check_allowed(keys, access_key, Action::put_object_tagging, id));
    return {};
}

aws::S3Error conceal_missing_key(const Keys& keys, std::string_view access_key,
                                 const store::ObjectId& id, aws::S3Error error) {
    if (error.code != "NoSuchKey") return error;
    auto allowed = check_allowed(keys, access_key, Action::list_bucket, id);
    return allowed ? std::move(error) : std::move(allowed).error();
}

}  // namespace imagemill::local::s3
