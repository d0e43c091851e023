#include "local/s3/router.h"

#include <algorithm>
#include <array>

#include "base/encodings.h"
#include "local/s3/unserved.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::int64_t kMaxKeys = 1000;

enum class Target { service, bucket, object };

// Where a request points, before it is known what it wants.
struct Address {
    Target target = Target::service;
    std::string bucket;
    std::string key;
};

Outcome<Call> parse_list_buckets(const http::Parameters& parameters);
Outcome<Call> parse_list_objects(const http::Parameters& parameters);
Outcome<Call> parse_get_object(const http::Parameters& parameters);
Outcome<Call> parse_head_object(const http::Parameters& parameters);

template <typename T>
Outcome<Call> parse_plain(const http::Parameters&) {
    return Call(T{});
}

// One operation of S3. The first row that fits a request is what it asks for, so those with a
// parameter or a header come before the plain one of their method. A row without `parse` is known
// and not served: serving it is a struct in operation.h, a file of that name, and its parse here.
struct Row {
    std::string_view method;
    Target target;
    std::string_view parameter;  // Of the query, which must be there; empty for none.
    std::string_view header;     // Likewise.
    std::string_view name;       // S3's action.
    Outcome<Call> (*parse)(const http::Parameters&);
};

constexpr std::array kRows{
    Row{"GET", Target::service, "", "", "ListBuckets", parse_list_buckets},

    Row{"PUT", Target::bucket, "", "", "CreateBucket", parse_plain<CreateBucket>},
    Row{"HEAD", Target::bucket, "", "", "HeadBucket", parse_plain<HeadBucket>},
    Row{"DELETE", Target::bucket, "", "", "DeleteBucket", nullptr},
    Row{"GET", Target::bucket, "location", "", "GetBucketLocation", parse_plain<GetBucketLocation>},
    Row{"GET", Target::bucket, "list-type", "", "ListObjectsV2", parse_list_objects},
    Row{"GET", Target::bucket, "uploads", "", "ListMultipartUploads", nullptr},
    Row{"GET", Target::bucket, "versions", "", "ListObjectVersions", nullptr},
    Row{"GET", Target::bucket, "", "", "ListObjects", nullptr},
    Row{"POST", Target::bucket, "delete", "", "DeleteObjects", nullptr},
    Row{"POST", Target::bucket, "", "", "PostObject", parse_plain<PostObject>},

    Row{"GET", Target::object, "attributes", "", "GetObjectAttributes", nullptr},
    Row{"GET", Target::object, "uploadId", "", "ListParts", nullptr},
    Row{"GET", Target::object, "tagging", "", "GetObjectTagging", nullptr},
    Row{"GET", Target::object, "", "", "GetObject", parse_get_object},
    Row{"HEAD", Target::object, "", "", "HeadObject", parse_head_object},
    Row{"PUT", Target::object, "uploadId", "x-amz-copy-source", "UploadPartCopy", nullptr},
    Row{"PUT", Target::object, "uploadId", "", "UploadPart", nullptr},
    Row{"PUT", Target::object, "tagging", "", "PutObjectTagging", nullptr},
    Row{"PUT", Target::object, "", "x-amz-copy-source", "CopyObject", nullptr},
    Row{"PUT", Target::object, "", "", "PutObject", parse_plain<PutObject>},
    Row{"POST", Target::object, "uploads", "", "CreateMultipartUpload", nullptr},
    Row{"POST", Target::object, "uploadId", "", "CompleteMultipartUpload", nullptr},
    Row{"DELETE", Target::object, "uploadId", "", "AbortMultipartUpload", nullptr},
    Row{"DELETE", Target::object, "tagging", "", "DeleteObjectTagging", nullptr},
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

const Row* find_row(std::string_view method, Target target, const http::Parameters& parameters,
                    const http::Headers& headers) {
    const auto found = std::ranges::find_if(kRows, [&](const Row& row) {
        return row.method == method && row.target == target &&
               (row.parameter.empty() || http::find(parameters, row.parameter)) &&
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
        if (auto unserved = find_unserved_parameter(parameters, "")) return Call(*unserved);
        return method_not_allowed(request.method, target);
    }
    // Of an operation not served that parameters of its own lead to, the name says more than they.
    const bool is_named = row->parse == nullptr && !row->parameter.empty();
    const auto parameter = find_unserved_parameter(parameters, row->parameter);
    if (parameter && !is_named) return Call(*parameter);
    if (row->parse == nullptr) {
        return Call(Unserved{.what = "The operation " + std::string(row->name),
                             .header = std::string(row->header)});
    }
    if (auto unserved = find_unserved_header(headers)) return Call(*unserved);
    return row->parse(parameters);
}

// --- Its parameters.

std::string get_or_empty(const http::Parameters& parameters, std::string_view name) {
    return std::string(http::find(parameters, name).value_or(""));
}

Outcome<int> parse_max_keys(const http::Parameters& parameters) {
    const auto text = http::find(parameters, "max-keys");
    if (!text) return static_cast<int>(kMaxKeys);
    const auto count = parse_count(*text);
    if (!count || *count > INT32_MAX) {
        return invalid_argument("Provided max-keys not an integer or within integer range",
                                "max-keys", std::string(*text));
    }
    return static_cast<int>(std::min(*count, kMaxKeys));
}

Outcome<bool> parse_encoding_type(const http::Parameters& parameters) {
    const auto type = http::find(parameters, "encoding-type");
    if (type && *type != "url") {
        return invalid_argument("Invalid Encoding Method specified in Request", "encoding-type",
                                std::string(*type));
    }
    return type.has_value();
}

Outcome<Call> parse_list_buckets(const http::Parameters& parameters) {
    for (const std::string_view name : {"prefix", "continuation-token"}) {
        if (http::find(parameters, name)) {
            return Call(Unserved{.what = "The parameter " + std::string(name), .header = ""});
        }
    }
    return Call(ListBuckets{});
}

Outcome<Call> parse_list_objects(const http::Parameters& parameters) {
    if (const std::string type = get_or_empty(parameters, "list-type"); type != "2") {
        return invalid_argument("Invalid List Type specified in Request", "list-type", type);
    }
    const int max_keys = TRY(parse_max_keys(parameters));
    const bool encode_keys = TRY(parse_encoding_type(parameters));
    ListObjectsV2 list{.prefix = get_or_empty(parameters, "prefix"),
                       .delimiter = get_or_empty(parameters, "delimiter"),
                       .start_after = get_or_empty(parameters, "start-after"),
                       .token = get_or_empty(parameters, "continuation-token"),
                       .after = "",
                       .max_keys = max_keys,
                       .encode_keys = encode_keys,
                       .fetch_owner = get_or_empty(parameters, "fetch-owner") == "true"};
    list.after = list.start_after;
    if (http::find(parameters, "continuation-token")) list.after = TRY(parse_token(list.token));
    return Call(std::move(list));
}

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

Outcome<Overrides> parse_overrides(const http::Parameters& parameters) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kHeaders{{
        {"response-cache-control", "Cache-Control"},
        {"response-content-disposition", "Content-Disposition"},
        {"response-content-encoding", "Content-Encoding"},
        {"response-content-language", "Content-Language"},
        {"response-content-type", "Content-Type"},
        {"response-expires", "Expires"},
    }};
    Overrides overrides;
    for (const auto& [parameter, header] : kHeaders) {
        const auto value = http::find(parameters, parameter);
        if (!value) continue;
        // %0D%0A would end the header and begin another.
        if (has_control_character(*value)) {
            return invalid_argument("A header value may not hold control characters.",
                                    std::string(parameter), std::string(*value));
        }
        overrides.emplace_back(header, *value);
    }
    return overrides;
}

Outcome<Call> parse_get_object(const http::Parameters& parameters) {
    Overrides overrides = TRY(parse_overrides(parameters));
    return Call(GetObject{.overrides = std::move(overrides)});
}

Outcome<Call> parse_head_object(const http::Parameters& parameters) {
    Overrides overrides = TRY(parse_overrides(parameters));
    return Call(HeadObject{.overrides = std::move(overrides)});
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

// base64url (RFC 4648 5), so that it passes through a query as it is.
std::string format_token(std::string_view key) {
    std::string token = format_base64(as_bytes(key));
    std::ranges::replace(token, '+', '-');
    std::ranges::replace(token, '/', '_');
    std::erase(token, '=');
    return token;
}

Outcome<std::string> parse_token(const std::string& token) {
    std::string text = token;
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    const auto key = parse_base64(text);
    if (token.empty() || !key || !is_utf8(as_text(*key))) {
        return invalid_argument("The continuation token provided is incorrect",
                                "continuation-token", token);
    }
    return std::string(as_text(*key));
}

}  // namespace imagemill::local::s3
