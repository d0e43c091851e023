// operation: what a request asks of S3, as a value: bucket, key, which of S3's operations, and its
// parameters. Each struct is named after S3's action and carried out in the file of that name.
//
// Threads: plain values.
// Source:  Amazon S3 API reference, "Actions".
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "http/message.h"
#include "store/object_store.h"

namespace imagemill::local::s3 {

struct ListBuckets {
    std::string prefix;
    std::string after;  // What the token means: names greater than this only.
    int max_buckets = 10'000;
};
struct CreateBucket {};
struct DeleteBucket {};
struct HeadBucket {};
struct GetBucketLocation {};

struct GetBucketCors {};
struct PutBucketCors {};
struct DeleteBucketCors {};
struct GetBucketNotificationConfiguration {};
struct PutBucketNotificationConfiguration {};

// One of the many things that clients ask of a bucket and that are here as of any plain one.
struct GetPlainSetting {
    std::string parameter;  // "versioning"
};
struct GetObjectAcl {};

struct ListObjects {
    std::string prefix;
    std::string delimiter;  // Empty for none.
    std::string marker;
    int max_keys = 1000;
    bool encode_keys = false;
};

struct ListObjectVersions {
    std::string prefix;
    std::string delimiter;
    std::string key_marker;
    std::string version_id_marker;
    int max_keys = 1000;
    bool encode_keys = false;
};

struct ListObjectsV2 {
    std::string prefix;
    std::string delimiter;  // Empty for none.
    std::string start_after;
    std::string token;  // As it was sent.
    std::string after;  // Where the page starts: what the token means, or start_after.
    int max_keys = 1000;
    bool encode_keys = false;
    bool fetch_owner = false;
};

struct PostObject {};
struct PutObject {};

// Headers of the answer that the (signed) request wants otherwise than stored.
using Overrides = std::vector<std::pair<std::string, std::string>>;
struct GetObject {
    Overrides overrides;
    std::optional<int> part_number = std::nullopt;
};
struct HeadObject {
    Overrides overrides;
    std::optional<int> part_number = std::nullopt;
};

// ETag, Checksum, ObjectParts, StorageClass, ObjectSize: those that are asked for.
struct GetObjectAttributes {
    std::vector<std::string> attributes;
};

struct DeleteObject {};
struct DeleteObjects {};

struct CopyObject {
    std::string source_bucket;
    std::string source_key;
    bool replace_attributes = false;  // By the request's own; else they are copied.
    bool replace_tags = false;
};

struct GetObjectTagging {};
struct PutObjectTagging {};
struct DeleteObjectTagging {};

struct CreateMultipartUpload {};

struct UploadPart {
    std::string upload_id;
    int part_number = 0;
};
struct UploadPartCopy {
    std::string upload_id;
    int part_number = 0;
    store::ObjectId source;
    std::string range;  // As it was sent; empty for all of the source.
};

struct ListParts {
    std::string upload_id;
    int after_number = 0;
    int max_parts = 1000;
};
struct ListMultipartUploads {
    std::string prefix;
    std::string delimiter;  // Empty for none.
    std::string key_marker;
    std::string id_marker;
    int max_uploads = 1000;
    bool encode_keys = false;
};

struct CompleteMultipartUpload {
    std::string upload_id;
};
struct AbortMultipartUpload {
    std::string upload_id;
};

// S3 knows it and this service does not do it.
struct Unserved {
    std::string what;    // Opens a sentence: "The operation CopyObject".
    std::string header;  // Where a header asked for it.
};

using Call =
    std::variant<ListBuckets, CreateBucket, DeleteBucket, HeadBucket, GetBucketLocation,
                 GetBucketCors, PutBucketCors, DeleteBucketCors, GetBucketNotificationConfiguration,
                 PutBucketNotificationConfiguration, GetPlainSetting, GetObjectAcl, ListObjects,
                 ListObjectVersions, ListObjectsV2, PostObject, PutObject, GetObject, HeadObject,
                 GetObjectAttributes, DeleteObject, DeleteObjects, CopyObject, GetObjectTagging,
                 PutObjectTagging, DeleteObjectTagging, CreateMultipartUpload, UploadPart,
                 UploadPartCopy, ListParts, ListMultipartUploads, CompleteMultipartUpload,
                 AbortMultipartUpload, Unserved>;

struct Operation {
    std::string bucket;  // Decoded; empty for ListBuckets.
    std::string key;     // Decoded; empty for the bucket's own operations.
    // The request's, and the x-amz-* parameters of a pre-signed URL, which mean the same.
    http::Headers headers;
    Call call;
};

}  // namespace imagemill::local::s3
