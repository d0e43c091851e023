#include "aws/s3_store.h"

#include <algorithm>

#include "aws/post_policy.h"
#include "aws/s3_exchange.h"
#include "aws/s3_integrity.h"
#include "aws/s3_xml.h"
#include "base/encodings.h"

namespace imagemill::aws {
namespace {

// A page of a list must always fit.
constexpr std::int64_t kListBytesMax = 16 * 1024 * 1024;
constexpr std::string_view kMetaPrefix = "x-amz-meta-";

// --- Requests.

std::string quote(std::string_view etag) {
    return "\"" + std::string(etag) + "\"";
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

Error larger_than(const Call& call, std::int64_t size_max, std::int64_t measured) {
    return {Code::too_large,
            call.name() + ": the object is larger than the " + std::to_string(size_max) +
                " bytes allowed.",
            Exceeded{.setting = "size_max", .limit = size_max, .measured = measured}};
}

// --- The store.

class S3Store final : public store::ObjectStore {
  public:
    S3Store(std::unique_ptr<S3Exchange> exchange, Addresses public_addresses)
        : exchange_(std::move(exchange)), public_addresses_(std::move(public_addresses)) {}

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
    Result<net::ClientResponse> put_over(Call call, const std::string& etag);

    const std::unique_ptr<S3Exchange> exchange_;
    const Addresses public_addresses_;
};

Result<store::Object> S3Store::get(const store::ObjectId& id, const store::GetOptions& options) {
    TRY(check_id(id));
    Call call{.id = id, .headers = {{std::string(kChecksumMode), "ENABLED"}}};
    call.response_bytes_max = std::max(options.size_max, kErrorBytesMax);
    if (!options.if_match.empty()) {
        TRY(add_header(call.headers, "If-Match", quote(options.if_match)));
    }
    call.check = [&](const net::ClientResponse& response) -> Result<void> {
        const auto size = static_cast<std::int64_t>(response.body.size());
        if (size > options.size_max) return larger_than(call, options.size_max, size);
        return check_integrity(response, call.name());
    };
    auto response = exchange_->send(call);
    if (!response && response.error().code == Code::too_large) {
        const auto& exceeded = response.error().exceeded;
        return larger_than(call, options.size_max,
                           exceeded ? exceeded->measured : options.size_max + 1);
    }
    if (!response) return std::move(response).error();
    store::Object object{.info = TRY(info_of(call, response->headers)),
                         .body = std::move(response->body)};
    object.info.size_bytes = static_cast<std::int64_t>(object.body.size());
    return object;
}

Result<store::ObjectInfo> S3Store::head(const store::ObjectId& id) {
    TRY(check_id(id));
    const Call call{.method = "HEAD", .id = id};
    const auto response = TRY(exchange_->send(call));
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
    auto response = exchange_->send(call);
    if (response || response.error().code != Code::precondition_failed) return response;
    const auto standing = head(call.id);
    if (!standing && standing.error().code == Code::no_such_key) return standing.error();
    if (!standing || standing->etag != etag) return response;
    call.headers.set("If-Match", etag);
    return exchange_->send(call);
}

Result<std::string> S3Store::put(const store::ObjectId& id, Bytes body,
                                 const store::PutOptions& options) {
    TRY(check_id(id));
    Call call{.method = "PUT", .id = id, .headers = TRY(put_headers(options)), .body = body};
    call.is_repeatable = !options.if_none_match && options.if_match.empty();
    const auto response =
        TRY(options.if_match.empty() ? exchange_->send(call) : put_over(call, options.if_match));
    std::string etag = unquote(response.headers.get_or("ETag", ""));
    if (etag.empty()) return lacks(call, "ETag");
    return etag;
}

Result<void> S3Store::remove(const store::ObjectId& id, const store::RemoveOptions& options) {
    TRY(check_id(id));
    Call call{.method = "DELETE", .id = id};
    call.is_repeatable = options.if_match.empty();
    if (!call.is_repeatable) TRY(add_header(call.headers, "If-Match", quote(options.if_match)));
    auto response = exchange_->send(call);
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
    const auto response = TRY(exchange_->send(call));
    return parse_list_objects(as_text(response.body));
}

// How long a signature of now may live: what was asked for, S3's week, what the key has left.
Result<int> lifetime(int seconds, const Credentials& credentials, Time now) {
    if (seconds < 1) {
        return Error{
            Code::invalid_argument,
            "A pre-signed URL lives at least 1 second; asked for " + std::to_string(seconds) + "."};
    }
    std::int64_t lifetime = std::min(seconds, kPresignSecondsMax);
    if (credentials.expires) {
        const auto left =
            std::chrono::floor<std::chrono::seconds>(*credentials.expires - now).count();
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
    const Time now = std::chrono::floor<std::chrono::seconds>(exchange_->now());
    const SigningTarget target = TRY(exchange_->target());
    const int seconds = TRY(lifetime(options.seconds, target.credentials, now));
    http::Parameters parameters;
    if (!options.content_disposition.empty()) {
        parameters.emplace_back("response-content-disposition", options.content_disposition);
    }
    if (!options.content_type.empty()) {
        parameters.emplace_back("response-content-type", options.content_type);
    }
    const Address address = public_addresses_.of(id.bucket, id.key);
    const std::string query =
        presign_query("GET", address.path, address.host(), parameters, seconds, target, now);
    return store::PresignedUrl{.url = address.origin() + address.path + "?" + query,
                               .expires = now + std::chrono::seconds(seconds)};
}

Result<store::PresignedPost> S3Store::presign_post(const store::ObjectId& id,
                                                   const store::PresignPostOptions& options) {
    TRY(check_id(id));
    const Time now = std::chrono::floor<std::chrono::seconds>(exchange_->now());
    const SigningTarget target = TRY(exchange_->target());
    store::PresignPostOptions bounded = options;
    bounded.seconds = TRY(lifetime(options.seconds, target.credentials, now));
    const Address address = public_addresses_.of(id.bucket, "");
    return store::PresignedPost{.url = address.origin() + address.path,
                                .fields = make_post_fields(id, bounded, target, now),
                                .expires = now + std::chrono::seconds(bounded.seconds)};
}

}  // namespace

Result<std::unique_ptr<store::ObjectStore>> make_s3_store(const S3StoreOptions& options,
                                                          CredentialSource credentials,
                                                          net::Client& client, const Clock& clock) {
    if (options.attempts_max < 1) {
        return Error{Code::invalid_argument, "attempts_max must be at least 1; it is " +
                                                 std::to_string(options.attempts_max) + "."};
    }
    const AddressKind kind{.use_fips = options.use_fips, .use_dualstack = options.use_dualstack};
    auto addresses = TRY(Addresses::make(options.endpoint, options.region, kind));
    const bool has_public = !options.public_endpoint.empty();
    auto public_addresses =
        TRY(Addresses::make(has_public ? options.public_endpoint : options.endpoint, options.region,
                            has_public ? AddressKind() : kind));
    auto exchange = std::make_unique<S3Exchange>(std::move(addresses), options,
                                                 std::move(credentials), client, clock);
    return std::unique_ptr<store::ObjectStore>(
        std::make_unique<S3Store>(std::move(exchange), std::move(public_addresses)));
}

Result<std::unique_ptr<store::ObjectStore>> make_s3_store(const S3StoreOptions& options,
                                                          Credentials credentials,
                                                          net::Client& client, const Clock& clock) {
    if (credentials.access_key.empty() || credentials.secret_key.empty()) {
        return Error{Code::unauthenticated, "S3 needs an access key and its secret."};
    }
    CredentialSource source = [credentials = std::move(credentials)] {
        return Result<Credentials>(credentials);
    };
    return make_s3_store(options, std::move(source), client, clock);
}

}  // namespace imagemill::aws
