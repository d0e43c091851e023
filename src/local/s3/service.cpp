#include "local/s3/service.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "aws/sigv4.h"
#include "base/encodings.h"
#include "base/random.h"
#include "local/s3/authorization.h"
#include "local/s3/cors.h"
#include "local/s3/exchange.h"
#include "local/s3/operation_name.h"
#include "local/s3/router.h"

namespace imagemill::local::s3 {
namespace {

// S3's request ids are 16 upper-case characters; clients print them.
std::string make_request_id() {
    std::string id = random_hex(8);
    std::ranges::transform(id, id.begin(), [](char c) {
        return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return id;
}

std::string make_host_id() {
    return format_base64(random_bytes(33));
}

aws::S3Error unknown_host(const http::Hosts& hosts, std::string_view asked) {
    std::string names;
    for (const std::string& name : hosts.names()) names += (names.empty() ? "" : ", ") + name;
    aws::S3Error error =
        access_denied("This server does not answer to the host \"" + std::string(asked) +
                      "\". It answers to " + names + "; --public-s3-url adds one.");
    error.details.emplace_back("HostName", asked);
    return error;
}

class Service final {
  public:
    Service(ServiceOptions options, DiskStore& store, const Keys& keys, const Clock& clock,
            const Log& log)
        : options_(std::move(options)), store_(store), keys_(keys), clock_(clock), log_(log) {}

    http::Response handle(http::Request& request) const {
        Exchange exchange{.options = options_,
                          .store = store_,
                          .keys = keys_,
                          .clock = clock_,
                          .request = request,
                          .request_id = make_request_id(),
                          .operation = {},
                          .access_key = "",
                          .payload_hash = ""};
        const std::string host_id = make_host_id();
        Answer answer = serve(exchange);
        const std::string code = answer ? "OK" : answer.error().code;
        http::Response response =
            answer ? *std::move(answer) : describe(exchange, std::move(answer).error(), host_id);
        response.headers.set("x-amz-request-id", exchange.request_id);
        response.headers.set("x-amz-id-2", host_id);
        response.headers.set("X-Content-Type-Options", "nosniff");
        const std::vector<CorsRule> rules = cors_rules(request);
        add_cors_headers(request, {.page_origins = options_.cors_origins, .rules = rules},
                         response.headers);
        if (options_.on_request) {
            const bool is_known = !exchange.access_key.empty();
            options_.on_request(is_known ? name_of(exchange.operation.call) : "none",
                                response.status, code);
        }
        return response;
    }

  private:
    Answer serve(Exchange& exchange) const {
        const std::string_view host = exchange.request.headers.get_or("Host", "");
        if (!options_.hosts.allows(host)) return unknown_host(options_.hosts, host);
        if (exchange.request.method == "OPTIONS") {
            const std::vector<CorsRule> rules = cors_rules(exchange.request);
            return preflight(exchange.request,
                             {.page_origins = options_.cors_origins, .rules = rules});
        }
        auto operation = route(exchange.request, options_.hosts);
        // A form brings its signature among its fields: it is checked where they are read.
        const bool is_form = operation && std::holds_alternative<PostObject>(operation->call);
        if (!is_form) TRY(authenticate(exchange));
        // Who is not known learns nothing, not even that a request is malformed.
        exchange.operation = TRY(std::move(operation));
        if (!is_form) TRY(authorize(keys_, exchange.access_key, exchange.operation));
        Answer answer = std::visit([&](const auto& call) { return dispatch(call, exchange); },
                                   exchange.operation.call);
        if (answer) return answer;
        // A copy knows of two keys, and which of them is missing.
        const Call& call = exchange.operation.call;
        if (std::holds_alternative<CopyObject>(call)) return answer;
        if (std::holds_alternative<UploadPartCopy>(call)) return answer;
        return conceal_missing_key(
            keys_, exchange.access_key,
            {.bucket = exchange.operation.bucket, .key = exchange.operation.key},
            std::move(answer).error());
    }

    // Of the bucket that is asked; none where no browser asks, or it cannot be told.
    std::vector<CorsRule> cors_rules(const http::Request& request) const {
        if (!request.headers.get("Origin")) return {};
        const std::string bucket = bucket_of(request, options_.hosts);
        if (bucket.empty() || !is_utf8(bucket)) return {};
        const auto text = store_.settings().find(bucket, kCorsSetting);
        if (!text || !*text) return {};
        auto rules = parse_cors_rules(as_bytes(**text));
        return rules ? *std::move(rules) : std::vector<CorsRule>();
    }

    static Answer dispatch(const Unserved& unserved, Exchange&) {
        return not_implemented(unserved.what, unserved.header);
    }
    static Answer dispatch(const auto& call, Exchange& exchange) { return run(call, exchange); }

    Outcome<void> authenticate(Exchange& exchange) const {
        const aws::VerifyOptions verify_options{
            .region = options_.region, .now = clock_.now(), .find_key = [this](auto access_key) {
                return keys_.find(access_key);
            }};
        auto verified = aws::verify(exchange.request, verify_options);
        if (const auto* error = std::get_if<aws::AuthError>(&verified)) {
            return of_authentication(*error);
        }
        const auto& caller = std::get<aws::Verified>(verified);
        exchange.access_key = caller.access_key;
        exchange.payload_hash = caller.payload_hash;
        exchange.chunk_signing = caller.chunk_signing;
        return {};
    }

    http::Response describe(const Exchange& exchange, aws::S3Error error,
                            std::string_view host_id) const {
        if (error.status >= 500 && error.status != 501) {
            log_.error("S3 request failed", {{"requestId", exchange.request_id},
                                             {"method", exchange.request.method},
                                             {"path", exchange.request.path},
                                             {"code", error.code},
                                             {"reason", error.message}});
        }
        const Operation& operation = exchange.operation;
        if (error.details.empty() && error.code == "NoSuchBucket") {
            error.details.emplace_back("BucketName", operation.bucket);
        }
        if (error.details.empty() && error.code == "NoSuchKey") {
            error.details.emplace_back("Key", operation.key);
        }
        http::Response response;
        response.status = error.status;
        for (const auto& [name, value] : error.details) {
            // RFC 9110 15.5.17: a 416 says how long the object is.
            if (error.status == 416 && name == "ActualObjectSize") {
                response.headers.set("Content-Range", "bytes */" + value);
            }
        }
        const bool has_body = exchange.request.method != "HEAD" && error.status != 304;
        if (!has_body) return response;
        response.headers.set("Content-Type", std::string(kXmlType));
        response.body = to_buffer(aws::format_error(error, exchange.request_id, host_id));
        return response;
    }

    ServiceOptions options_;
    DiskStore& store_;
    const Keys& keys_;
    const Clock& clock_;
    const Log& log_;
};

}  // namespace

http::Handler make_service(ServiceOptions options, DiskStore& store, const Keys& keys,
                           const Clock& clock, const Log& log) {
    // shared: a std::function copies what it holds.
    const auto service =
        std::make_shared<const Service>(std::move(options), store, keys, clock, log);
    return [service](http::Request& request) { return service->handle(request); };
}

}  // namespace imagemill::local::s3
