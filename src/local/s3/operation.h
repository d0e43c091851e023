// operation: what a request asks of S3, as a value: bucket, key, which of S3's operations, and its
// parameters. Each struct is named after S3's action and carried out in the file of that name.
//
// Threads: plain values.
// Source:  Amazon S3 API reference, "Actions".
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "http/message.h"

namespace imagemill::local::s3 {

struct ListBuckets {};
struct CreateBucket {};
struct HeadBucket {};
struct GetBucketLocation {};

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
};
struct HeadObject {
    Overrides overrides;
};

struct DeleteObject {};

// S3 knows it and this service does not do it.
struct Unserved {
    std::string what;    // Opens a sentence: "The operation CopyObject".
    std::string header;  // Where a header asked for it.
};

using Call = std::variant<ListBuckets, CreateBucket, HeadBucket, GetBucketLocation, ListObjectsV2,
                          PostObject, PutObject, GetObject, HeadObject, DeleteObject, Unserved>;

struct Operation {
    std::string bucket;  // Decoded; empty for ListBuckets.
    std::string key;     // Decoded; empty for the bucket's own operations.
    // The request's, and the x-amz-* parameters of a pre-signed URL, which mean the same.
    http::Headers headers;
    Call call;
};

}  // namespace imagemill::local::s3
