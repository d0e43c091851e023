// s3_xml: S3's XML answers, written by the server and read by the client.
//
// Errors:  parse_x: corrupt where it is no XML or lacks what S3 always sends; names the element.
// Threads: pure functions.
// Source:  Amazon S3 API reference; error texts as recorded from AWS.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/sigv4.h"
#include "base/result.h"
#include "store/object_store.h"

namespace imagemill::aws {

// An S3 error as it goes over the wire.
struct S3Error {
    std::string code;  // "NoSuchKey"
    int status = 500;
    std::string message;
    std::vector<std::pair<std::string, std::string>> details;  // <Key>…</Key>, …
};

// The one table from our codes to S3's. no_such_key → NoSuchKey 404, … The words are S3's; our own
// message goes out only where S3 has none and the caller is to blame (invalid_argument,
// unsupported).
S3Error to_s3_error(const Error& error);
// And back, for the client: by S3's code, or by the status where an answer has no body (HEAD).
// `what` begins the message: "GET photos/cat.jpg".
Error from_s3_error(int status, std::string_view body, std::string_view what);
// The <Code> of an error; empty where there is none.
std::string error_code(std::string_view body);

std::string format_error(const S3Error& error, std::string_view request_id,
                         std::string_view host_id);

struct BucketEntry {
    std::string name;
    Time created;
};
struct BucketList {
    std::vector<BucketEntry> buckets;
    std::string prefix = {};      // As asked.
    std::string next_token = {};  // Empty on the last page.
};
std::string format_list_buckets(const BucketList& list, std::string_view owner_id);

// ListObjectsV2.
struct ListResult {
    std::string bucket;
    std::string prefix;
    std::string delimiter;  // Empty for none.
    std::string start_after;
    std::string token;       // As asked.
    std::string next_token;  // Empty on the last page.
    int max_keys = 1000;
    bool encode_keys = false;  // encoding-type=url
    bool fetch_owner = false;
    std::vector<store::ListEntry> entries;
    std::vector<std::string> common_prefixes;
};
std::string format_list_objects(const ListResult& result, std::string_view owner_id);
Result<store::ListPage> parse_list_objects(std::string_view xml);

// <PostResponse> of a form upload with success_action_status=201.
std::string format_post_response(std::string_view location, const store::ObjectId& id,
                                 std::string_view etag);

}  // namespace imagemill::aws
