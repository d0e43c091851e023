#include "aws/s3_store.h"

#include <algorithm>

#include "aws/post_policy.h"
#include "aws/s3_address.h"
#include "aws/s3_xml.h"
#include "aws/sigv4.h"
#include "base/digest.h"
#include "base/encodings.h"
#include "base/random.h"

namespace imagemill::aws {
namespace {

constexpr Milliseconds kFirstPause{100};
constexpr Milliseconds kPauseMax{5'000};
// An error's XML must fit where the object wanted is small, and a page of a list always.
constexpr std::int64_t kErrorBytesMax = 64 * 1024;
constexpr std::int64_t kListBytesMax = 16 * 1024 * 1024;
constexpr std::string_view kMetaPrefix = "x-amz-meta-";

struct Call {
    std::string method = "GET";
    store::ObjectId id;  // No key: of the bucket.
    std::string query = {};
    http::Headers headers = {};
    Bytes body = {};
    std::int64_t response_bytes_max = kErrorBytesMax;
    bool is_repeatable = true;

    std::string name() const { return method + " " + id.bucket + "/" + id.key; }
};

// --- Requests.

std::string quote(std::string_view etag) {
    return "\"" + std::string(etag) + "\"";
}

// A line end in a value would be a header of its own; what is no ASCII cannot be signed for sure.
Result<void> add_header(http::Headers& headers, std::string_view name, std::string_view value) {
    const bool printable = std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
    if (!printable) {
        return Error{Code::invalid_argument, std::string(name) +
                                                 ": the value is not printable ASCII, which is all "
                                                 "that S3 takes in a header."};
    }
    if (!value.empty()) headers.add(std::string(name), std::string(value));
    return {};
}

bool is_metadata_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
}

Result<http::Headers> put_headers(const store::PutOptions& options) {
    http::Headers headers;
    TRY(add_header(headers, "Content-Type", options.content_type));
    TRY(add_header(headers, "Content-Disposition", options.content_disposition));
    TRY(add_header(headers, "Cache-Control", options.cache_control));
    for (const auto& [name, value] : options.metadata) {
        if (!is_metadata_name(name)) {
            return Error{Code::invalid_argument,
                         "\"" + printable(name, 64) +
                             "\" is no name for metadata: a-z, 0-9, - _ and . only."};
        }
        TRY(add_header(headers, std::string(kMetaPrefix) + name, value));
    }
    if (!options.if_match.empty()) TRY(add_header(headers, "If-Match", quote(options.if_match)));
    if (options.if_none_match) headers.add("If-None-Match", "*");
    return headers;
}

// An empty key would make every call one of the bucket: DELETE would remove it.
Result<void> check_id(const store::ObjectId& id) {
    if (!id.bucket.empty() && !id.key.empty()) return {};
    return Error{Code::invalid_argument, "An object needs a bucket and a key."};
}

std::string query_of(const http::Parameters& parameters) {
    std::string query;
    for (const auto& [name, value] : parameters) {
        query += (query.empty() ? "" : "&") + percent_encode(name, Slash::encode) + "=" +
                 percent_encode(value, Slash::encode);
    }
    return query;
}

// --- Answers.

std::string unquote(std::string_view etag) {
    if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) {
        etag = etag.substr(1, etag.size() - 2);
    }
    return std::string(etag);
}

Error lacks(const Call& call, std::string_view header) {
    return {Code::unavailable,
            call.name() + ": S3 answered without a valid " + std::string(header) + "."};
}

// All but the size, which a HEAD and a GET have in different places.
Result<store::ObjectInfo> info_of(const Call& call, const http::Headers& headers) {
    store::ObjectInfo info;
    info.etag = unquote(headers.get_or("ETag", ""));
    if (info.etag.empty()) return lacks(call, "ETag");
    const auto modified = parse_http_date(headers.get_or("Last-Modified", ""));
    if (!modified) return lacks(call, "Last-Modified");
    info.content_type = headers.get_or("Content-Type", "binary/octet-stream");
    info.modified = *modified;
    for (const auto& [name, value] : headers.fields()) {
        const std::string lower = to_lower(name);
        if (lower.starts_with(kMetaPrefix)) {
            info.metadata[lower.substr(kMetaPrefix.size())] = value;
        }
    }
    return info;
}

// An ETag is the MD5 unless the object came in parts or is encrypted with a key of one's own.
bool is_md5(std::string_view etag, const http::Headers& headers) {
    const std::string_view encryption = headers.get_or("x-amz-server-side-encryption", "AES256");
    return etag.size() == 32 && parse_hex(etag) && encryption == "AES256" &&
           !headers.get("x-amz-server-side-encryption-customer-algorithm");
}

Error larger_than(const Call& call, std::int64_t size_max, std::int64_t measured) {
    return {Code::too_large,
            call.name() + ": the object is larger than the " + std::to_string(size_max) +
                " bytes allowed.",
            Exceeded{.setting = "size_max", .limit = size_max, .measured = measured}};
}

// --- The store.

class S3Store final : public store::ObjectStore {
  public:
    struct Parts {
        Addresses addresses;
        Addresses public_addresses;
        SigningTarget target;
        int attempts_max;
        std::function<std::string()> trace_id;
    };

    S3Store(Parts parts, net::Client& client, const Clock& clock)
        : parts_(std::move(parts)), client_(client), clock_(clock) {}

    Result<store::Object> get(const store::ObjectId& id, const store::GetOptions& options) override;
    Result<store::ObjectInfo> head(const store::ObjectId& id) override;
    Result<std::string> put(const store::ObjectId& id, Bytes body,
                            const store::PutOptions& options) override;
    Result<void> remove(const store::ObjectId& id, const store::RemoveOptions& options) override;
    Result<store::ListPage> list(const std::string& bucket,
                                 const store::ListOptions& options) override;
    Result<store::PresignedUrl> presign_get(const store::ObjectId& id,
                                            const store::PresignGetOptions& options) override;
    Result<store::PresignedPost> presign_post(const store::ObjectId& id,
                                              const store::PresignPostOptions& options) override;

  private:
    Result<net::ClientResponse> send(const Call& call);
    Result<store::Object> get_once(const Call& call, std::int64_t size_max);
    Result<net::ClientResponse> put_over(Call call, const std::string& etag);
    template <typename Attempt>
    auto with_retries(const Call& call, const Attempt& attempt) -> decltype(attempt());
    void pause(int attempt) const;
    Result<int> lifetime(int seconds, Time now) const;

    const Parts parts_;
    net::Client& client_;  // These two outlive the store, as make_s3_store says.
    const Clock& clock_;
};

Result<net::ClientResponse> S3Store::send(const Call& call) {
    const Address address = parts_.addresses.of(call.id.bucket, call.id.key);
    net::ClientRequest request{
        .method = call.method,
        .target = call.query.empty() ? address.path : address.path + "?" + call.query,
        .headers = call.headers,
        .body = call.body,
        .response_bytes_max = call.response_bytes_max,
        .is_repeatable = call.is_repeatable};
    const std::string trace_id = parts_.trace_id ? parts_.trace_id() : "";
    if (!trace_id.empty()) TRY(add_header(request.headers, "X-Amzn-Trace-Id", trace_id));
    request.headers.set("Host", address.host());
    const std::string hash =
        call.body.empty() ? std::string(kEmptySha256) : format_hex(sha256(call.body));
    sign(call.method, address.path, call.query, request.headers, hash, parts_.target, clock_.now());

    auto response = client_.send(address.endpoint, request);
    if (!response || (response->status >= 200 && response->status < 300)) return response;
    return from_s3_error(response->status, as_text(response->body), call.name());
}

template <typename Attempt>
auto S3Store::with_retries(const Call& call, const Attempt& attempt) -> decltype(attempt()) {
    for (int count = 1;; ++count) {
        auto result = attempt();
        const bool again = !result && result.error().code == Code::unavailable &&
                           call.is_repeatable && count < parts_.attempts_max;
        if (!again) return result;
        pause(count);
    }
}

// Twice as long each time, and by chance up to half of that less, so that many callers who failed
// together do not come back together.
void S3Store::pause(int attempt) const {
    const Milliseconds whole = std::min(kPauseMax, kFirstPause * (1 << std::min(attempt - 1, 10)));
    const auto chance = std::to_integer<int>(random_bytes(1)[0]);
    clock_.sleep_for(whole - whole / 2 * chance / 255);
}

Result<store::Object> S3Store::get_once(const Call& call, std::int64_t size_max) {
    auto response = send(call);
    if (!response && response.error().code == Code::too_large) {
        const auto& exceeded = response.error().exceeded;
        return larger_than(call, size_max, exceeded ? exceeded->measured : size_max + 1);
    }
    if (!response) return std::move(response).error();
    const auto size = static_cast<std::int64_t>(response->body.size());
    if (size > size_max) return larger_than(call, size_max, size);

    store::Object object{.info = TRY(info_of(call, response->headers)),
                         .body = std::move(response->body)};
    object.info.size_bytes = size;
    if (is_md5(object.info.etag, response->headers) &&
        format_hex(md5(object.body)) != to_lower(object.info.etag)) {
        return Error{Code::unavailable,
                     call.name() + ": the object arrived damaged: its MD5 is not its ETag " +
                         object.info.etag + "."};
    }
    return object;
}

Result<store::Object> S3Store::get(const store::ObjectId& id, const store::GetOptions& options) {
    TRY(check_id(id));
    Call call{.id = id};
    call.response_bytes_max = std::max(options.size_max, kErrorBytesMax);
    if (!options.if_match.empty()) {
        TRY(add_header(call.headers, "If-Match", quote(options.if_match)));
    }
    return with_retries(call, [&] { return get_once(call, options.size_max); });
}

Result<store::ObjectInfo> S3Store::head(const store::ObjectId& id) {
    TRY(check_id(id));
    const Call call{.method = "HEAD", .id = id};
    const auto response = TRY(with_retries(call, [&] { return send(call); }));
    auto info = TRY(info_of(call, response.headers));
    const auto size = parse_count(response.headers.get_or("Content-Length", ""));
    if (!size) return lacks(call, "Content-Length");
    info.size_bytes = *size;
    return info;
}

// RFC 9110 13.1.1 has an ETag's quotes in If-Match, and AWS takes them. Ceph's gateway before 2025
// compares them with the bare ETag, so no such PUT would ever hold. Where it failed over the very
// object it asks for, it is asked once more in that way: still with a condition, so that a race is
// lost as before.
Result<net::ClientResponse> S3Store::put_over(Call call, const std::string& etag) {
    auto response = send(call);
    if (response || response.error().code != Code::precondition_failed) return response;
    const auto standing = head(call.id);
    if (!standing && standing.error().code == Code::no_such_key) return standing.error();
    if (!standing || standing->etag != etag) return response;
    call.headers.set("If-Match", etag);
    return send(call);
}

Result<std::string> S3Store::put(const store::ObjectId& id, Bytes body,
                                 const store::PutOptions& options) {
    TRY(check_id(id));
    Call call{.method = "PUT", .id = id, .headers = TRY(put_headers(options)), .body = body};
    call.is_repeatable = !options.if_none_match && options.if_match.empty();
    const auto response = TRY(with_retries(call, [&] {
        return options.if_match.empty() ? send(call) : put_over(call, options.if_match);
    }));
    std::string etag = unquote(response.headers.get_or("ETag", ""));
    if (etag.empty()) return lacks(call, "ETag");
    return etag;
}

Result<void> S3Store::remove(const store::ObjectId& id, const store::RemoveOptions& options) {
    TRY(check_id(id));
    Call call{.method = "DELETE", .id = id};
    call.is_repeatable = options.if_match.empty();
    if (!call.is_repeatable) TRY(add_header(call.headers, "If-Match", quote(options.if_match)));
    auto response = with_retries(call, [&] { return send(call); });
    if (response) return {};
    // S3 answers 204 where there is nothing to remove; others say 404.
    if (call.is_repeatable && response.error().code == Code::no_such_key) return {};
    return std::move(response).error();
}

Result<store::ListPage> S3Store::list(const std::string& bucket,
                                      const store::ListOptions& options) {
    if (bucket.empty()) return Error{Code::invalid_argument, "A list needs a bucket."};
    http::Parameters parameters{{"list-type", "2"},
                                {"encoding-type", "url"},
                                {"max-keys", std::to_string(options.count_max)}};
    if (!options.prefix.empty()) parameters.emplace_back("prefix", options.prefix);
    if (!options.token.empty()) parameters.emplace_back("continuation-token", options.token);
    Call call{.id = {bucket, ""}, .query = query_of(parameters)};
    call.response_bytes_max = kListBytesMax;
    return with_retries(call, [&]() -> Result<store::ListPage> {
        const auto response = send(call);
        if (!response) return response.error();
        return parse_list_objects(as_text(response->body));
    });
}

// How long a signature of now may live: what was asked for, S3's week, what the key has left.
Result<int> S3Store::lifetime(int seconds, Time now) const {
    if (seconds < 1) {
        return Error{
            Code::invalid_argument,
            "A pre-signed URL lives at least 1 second; asked for " + std::to_string(seconds) + "."};
    }
    std::int64_t lifetime = std::min(seconds, kPresignSecondsMax);
    if (const auto& expires = parts_.target.credentials.expires) {
        const auto left = std::chrono::floor<std::chrono::seconds>(*expires - now).count();
        lifetime = std::min<std::int64_t>(lifetime, left);
    }
    if (lifetime < 1) {
        return Error{Code::unauthenticated,
                     "The AWS credentials have expired: nothing can be signed with them."};
    }
    return static_cast<int>(lifetime);
}

Result<store::PresignedUrl> S3Store::presign_get(const store::ObjectId& id,
                                                 const store::PresignGetOptions& options) {
    TRY(check_id(id));
    // A signature's time has whole seconds.
    const Time now = std::chrono::floor<std::chrono::seconds>(clock_.now());
    const int seconds = TRY(lifetime(options.seconds, now));
    http::Parameters parameters;
    if (!options.content_disposition.empty()) {
        parameters.emplace_back("response-content-disposition", options.content_disposition);
    }
    if (!options.content_type.empty()) {
        parameters.emplace_back("response-content-type", options.content_type);
    }
    const Address address = parts_.public_addresses.of(id.bucket, id.key);
    const std::string query =
        presign_query("GET", address.path, address.host(), parameters, seconds, parts_.target, now);
    return store::PresignedUrl{.url = address.origin() + address.path + "?" + query,
                               .expires = now + std::chrono::seconds(seconds)};
}

Result<store::PresignedPost> S3Store::presign_post(const store::ObjectId& id,
                                                   const store::PresignPostOptions& options) {
    TRY(check_id(id));
    const Time now = std::chrono::floor<std::chrono::seconds>(clock_.now());
    store::PresignPostOptions bounded = options;
    bounded.seconds = TRY(lifetime(options.seconds, now));
    const Address address = parts_.public_addresses.of(id.bucket, "");
    return store::PresignedPost{.url = address.origin() + address.path,
                                .fields = make_post_fields(id, bounded, parts_.target, now),
                                .expires = now + std::chrono::seconds(bounded.seconds)};
}

}  // namespace

Result<std::unique_ptr<store::ObjectStore>> make_s3_store(const S3StoreOptions& options,
                                                          Credentials credentials,
                                                          net::Client& client, const Clock& clock) {
    if (credentials.access_key.empty() || credentials.secret_key.empty()) {
        return Error{Code::unauthenticated, "S3 needs an access key and its secret."};
    }
    if (options.attempts_max < 1) {
        return Error{Code::invalid_argument, "attempts_max must be at least 1; it is " +
                                                 std::to_string(options.attempts_max) + "."};
    }
    const std::string& public_endpoint =
        options.public_endpoint.empty() ? options.endpoint : options.public_endpoint;
    auto addresses = TRY(Addresses::make(options.endpoint, options.region));
    auto public_addresses = TRY(Addresses::make(public_endpoint, options.region));
    S3Store::Parts parts{
        .addresses = std::move(addresses),
        .public_addresses = std::move(public_addresses),
        .target = {.credentials = std::move(credentials), .region = options.region},
        .attempts_max = options.attempts_max,
        .trace_id = options.trace_id};
    return std::unique_ptr<store::ObjectStore>(
        std::make_unique<S3Store>(std::move(parts), client, clock));
}

}  // namespace imagemill::aws
