#include "local/s3/router.h"

#include <algorithm>
#include <array>

#include "base/encodings.h"
#include "local/s3/copy_source.h"
#include "local/s3/multipart_parameters.h"
#include "local/s3/parameters.h"
#include "local/s3/plain_settings.h"
#include "local/s3/unserved.h"

namespace imagemill::local::s3 {
namespace {

enum class Target { service, bucket, object };

// Where a request points, before it is known what it wants.
struct Address {
    Target target = Target::service;
    std::string bucket;
    std::string key;
};

template <typename T>
Outcome<Call> parse_plain(const http::Parameters&, const http::Headers&) {
    return Call(T{});
}

Outcome<Call> parse_plain_setting(const http::Parameters& parameters, const http::Headers&) {
    const auto found = std::ranges::find_if(
        parameters, [](const auto& parameter) { return is_plain_setting(parameter.first); });
    return Call(GetPlainSetting{.parameter = found->first});
}

// One operation of S3. The first row that fits a request is what it asks for, so those with a
// parameter or a header come before the plain one of their method. A row without `parse` is known
// and not served: serving it is a struct in operation.h, a file of that name, and its parse here.
constexpr std::string_view kPlainSetting = "*";  // As a row's parameter: any of those.
struct Row {
    std::string_view method;
    Target target;
    std::string_view parameter;  // Of the query, which must be there; empty for none.
    std::string_view header;     // Likewise.
    std::string_view name;       // S3's action.
    Outcome<Call> (*parse)(const http::Parameters&, const http::Headers&);
};

constexpr std::array kRows{
    Row{"GET", Target::service, "", "", "ListBuckets", parse_list_buckets},

    Row{"PUT", Target::bucket, "cors", "", "PutBucketCors", parse_plain<PutBucketCors>},
    Row{"PUT", Target::bucket, "notification", "", "PutBucketNotificationConfiguration",
        parse_plain<PutBucketNotificationConfiguration>},
    Row{"PUT", Target::bucket, "", "", "CreateBucket", parse_plain<CreateBucket>},
    Row{"HEAD", Target::bucket, "", "", "HeadBucket", parse_plain<HeadBucket>},
    Row{"DELETE", Target::bucket, "cors", "", "DeleteBucketCors", parse_plain<DeleteBucketCors>},
    Row{"DELETE", Target::bucket, "", "", "DeleteBucket", parse_plain<DeleteBucket>},
    Row{"GET", Target::bucket, "location", "", "GetBucketLocation", parse_plain<GetBucketLocation>},
    Row{"GET", Target::bucket, "cors", "", "GetBucketCors", parse_plain<GetBucketCors>},
    Row{"GET", Target::bucket, "notification", "", "GetBucketNotificationConfiguration",
        parse_plain<GetBucketNotificationConfiguration>},
    Row{"GET", Target::bucket, "list-type", "", "ListObjectsV2", parse_list_objects_v2},
    Row{"GET", Target::bucket, "uploads", "", "ListMultipartUploads", parse_list_uploads},
    Row{"GET", Target::bucket, "versions", "", "ListObjectVersions", parse_list_object_versions},
    Row{"GET", Target::bucket, kPlainSetting, "", "GetPlainSetting", parse_plain_setting},
    Row{"GET", Target::bucket, "", "", "ListObjects", parse_list_objects},
    Row{"POST", Target::bucket, "delete", "", "DeleteObjects", parse_plain<DeleteObjects>},
    Row{"POST", Target::bucket, "", "", "PostObject", parse_plain<PostObject>},

    Row{"GET", Target::object, "acl", "", "GetObjectAcl", parse_plain<GetObjectAcl>},
    Row{"GET", Target::object, "attributes", "", "GetObjectAttributes",
        parse_get_object_attributes},
    Row{"GET", Target::object, "uploadId", "", "ListParts", parse_list_parts},
    Row{"GET", Target::object, "tagging", "", "GetObjectTagging", parse_plain<GetObjectTagging>},
    Row{"GET", Target::object, "", "", "GetObject", parse_get_object},
    Row{"HEAD", Target::object, "", "", "HeadObject", parse_head_object},
    Row{"PUT", Target::object, "uploadId", "x-amz-copy-source", "UploadPartCopy",
        parse_upload_part_copy},
    Row{"PUT", Target::object, "uploadId", "", "UploadPart", parse_upload_part},
    Row{"PUT", Target::object, "tagging", "", "PutObjectTagging", parse_plain<PutObjectTagging>},
    Row{"PUT", Target::object, "", "x-amz-copy-source", "CopyObject", parse_copy_object},
    Row{"PUT", Target::object, "", "", "PutObject", parse_plain<PutObject>},
    Row{"POST", Target::object, "uploads", "", "CreateMultipartUpload", parse_create_upload},
    Row{"POST", Target::object, "uploadId", "", "CompleteMultipartUpload", parse_complete_upload},
    Row{"DELETE", Target::object, "uploadId", "", "AbortMultipartUpload", parse_abort_upload},
    Row{"DELETE", Target::object, "tagging", "", "DeleteObjectTagging",
        parse_plain<DeleteObjectTagging>},
    Row{"DELETE", Target::object, "", "", "DeleteObject", parse_plain<DeleteObject>},
};

// --- Where it points.

Outcome<std::string> decode(std::string_view text, std::string_view path) {
    auto decoded = percent_decode(text);
    if (!decoded) return invalid_uri(path);
    return *std::move(decoded);
}

Outcome<Address> parse_address(std::string_view path, std::string host_bucket) {
    if (!path.starts_with('/')) return invalid_uri(path);
    std::string_view rest = path.substr(1);
    Address address{.target = Target::bucket, .bucket = std::move(host_bucket), .key = ""};
    if (address.bucket.empty()) {
        if (rest.empty()) return Address{};
        const std::size_t slash = rest.find('/');
        address.bucket = TRY(decode(rest.substr(0, slash), path));
        rest = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
    }
    address.key = TRY(decode(rest, path));
    if (!address.key.empty()) {
        TRY(check_key(address.key));
        address.target = Target::object;
    }
    return address;
}

// --- What it wants.

// The parameter that makes a row's; of the plain settings, whichever is there.
std::string_view find_routing(const http::Parameters& parameters, std::string_view wanted) {
    for (const auto& [name, value] : parameters) {
        const bool fits = wanted == kPlainSetting ? is_plain_setting(name) : name == wanted;
        if (fits) return name;
    }
    return {};
}

const Row* find_row(std::string_view method, Target target, const http::Parameters& parameters,
                    const http::Headers& headers) {
    const auto found = std::ranges::find_if(kRows, [&](const Row& row) {
        return row.method == method && row.target == target &&
               (row.parameter.empty() || !find_routing(parameters, row.parameter).empty()) &&
               (row.header.empty() || headers.get(row.header));
    });
    return found == kRows.end() ? nullptr : &*found;
}

aws::S3Error method_not_allowed(std::string method, Target target) {
    const char* types[] = {"SERVICE", "BUCKET", "OBJECT"};
    return {.code = "MethodNotAllowed",
            .status = 405,
            .message = "The specified method is not allowed against this resource.",
            .details = {{"Method", std::move(method)},
                        {"ResourceType", types[static_cast<std::size_t>(target)]}}};
}

// A client that signs in the query moves its x-amz-* headers there; S3 reads them as headers.
http::Headers with_hoisted(const http::Headers& headers, const http::Parameters& parameters) {
    http::Headers all = headers;
    for (const auto& [name, value] : parameters) {
        const std::string lower = to_lower(name);
        if (lower.starts_with("x-amz-") && !all.get(lower)) all.add(lower, value);
    }
    return all;
}

Outcome<Call> parse_call(const http::Request& request, Target target,
                         const http::Parameters& parameters, const http::Headers& headers) {
    const Row* row = find_row(request.method, target, parameters, headers);
    if (row == nullptr) {
        if (auto unserved = find_unserved_parameter(parameters, {})) return Call(*unserved);
        return method_not_allowed(request.method, target);
    }
    // Of an operation not served that parameters of its own lead to, the name says more than they.
    const bool is_named = row->parse == nullptr && !row->parameter.empty();
    const auto parameter =
        find_unserved_parameter(parameters, {find_routing(parameters, row->parameter), row->name});
    if (parameter && !is_named) return Call(*parameter);
    if (row->parse == nullptr) {
        return Call(Unserved{.what = "The operation " + std::string(row->name),
                             .header = std::string(row->header)});
    }
    TRY(check_version_id(parameters));
    if (auto unserved = find_unserved_header(headers, row->name)) return Call(*unserved);
    return row->parse(parameters, headers);
}

}  // namespace

Outcome<Operation> route(const http::Request& request, const http::Hosts& hosts) {
    const std::string host(request.headers.get_or("Host", ""));
    auto address = TRY(parse_address(request.path, hosts.subdomain_of(host)));
    const auto parameters = http::parse_query(request.query, http::Plus::keep);
    if (!parameters) return invalid_uri(request.target());
    http::Headers headers = with_hoisted(request.headers, *parameters);
    Call call = TRY(parse_call(request, address.target, *parameters, headers));
    return Operation{.bucket = std::move(address.bucket),
                     .key = std::move(address.key),
                     .headers = std::move(headers),
                     .call = std::move(call)};
}

std::string bucket_of(const http::Request& request, const http::Hosts& hosts) {
    const std::string host(request.headers.get_or("Host", ""));
    auto address = parse_address(request.path, hosts.subdomain_of(host));
    return address ? std::move(address->bucket) : "";
}

Outcome<void> check_key(std::string_view key) {
    if (key.size() > kKeyBytesMax) {
        return aws::S3Error{.code = "KeyTooLongError",
                            .status = 400,
                            .message = "Your key is too long",
                            .details = {{"Size", std::to_string(key.size())},
                                        {"MaxSizeAllowed", std::to_string(kKeyBytesMax)}}};
    }
    if (!is_utf8(key)) {
        return invalid_argument("An object key must be UTF-8.", "key",
                                percent_encode(key, Slash::keep));
    }
    // No XML, no file name and no C string can carry it, so no client could list or fetch it.
    if (key.find('\0') != std::string_view::npos) {
        return invalid_argument("An object key may not hold the character NUL.", "key",
                                percent_encode(key, Slash::keep));
    }
    return {};
}

}  // namespace imagemill::local::s3
