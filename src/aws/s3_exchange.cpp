#include "aws/s3_exchange.h"

#include <algorithm>

#include "aws/s3_xml.h"
#include "base/digest.h"
#include "base/encodings.h"
#include "base/random.h"

namespace imagemill::aws {
namespace {

constexpr Milliseconds kFirstPause{100};
constexpr Milliseconds kPauseMax{5'000};
constexpr Milliseconds kAttemptMax{60'000};
// A clock that is off by less is not why S3 refused: it allows kSkewMax.
constexpr Milliseconds kSkewMin{kSkewMax - Milliseconds(300'000)};
constexpr int kForbidden = 403;

bool is_success(int status) {
    return status >= 200 && status < 300;
}

// Twice as long each time, and by chance up to half of that less, so that many callers who failed
// together do not come back together.
Milliseconds pause_after(int attempt) {
    const Milliseconds whole = std::min(kPauseMax, kFirstPause * (1 << std::min(attempt - 1, 10)));
    const auto chance = std::to_integer<int>(random_bytes(1)[0]);
    return whole - whole / 2 * chance / 255;
}

}  // namespace

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

Result<net::ClientResponse> S3Exchange::send(const Call& call) {
    for (int attempt = 1;; ++attempt) {
        auto response = send_once(call, attempt);
        if (response || !call.is_repeatable || attempt >= options_.attempts_max) return response;
        const Error& error = response.error();
        if (error.code != Code::unavailable && error.code != Code::timeout) return response;
        const Milliseconds pause = pause_after(attempt);
        if (pause >= time_left()) return response;
        if (options_.retried) options_.retried(error);
        clock_.sleep_for(pause);
    }
}

Result<net::ClientResponse> S3Exchange::send_once(const Call& call, int attempt) {
    const auto timeout = TRY(timeout_of(call, attempt));
    auto response = send_signed(call, timeout);
    // Refused before anything was done, whatever it was: it may be sent again.
    if (response && adopt_time_of(*response)) response = send_signed(call, timeout);
    if (!response) return response;
    if (!is_success(response->status)) {
        return from_s3_error(response->status, as_text(response->body), call.name());
    }
    if (call.check) TRY(call.check(*response));
    return response;
}

Result<net::ClientResponse> S3Exchange::send_signed(const Call& call,
                                                    std::optional<Milliseconds> timeout) {
    const Address address = addresses_.of(call.id.bucket, call.id.key);
    net::ClientRequest request{
        .method = call.method,
        .target = call.query.empty() ? address.path : address.path + "?" + call.query,
        .headers = call.headers,
        .body = call.body,
        .response_bytes_max = call.response_bytes_max,
        .is_repeatable = call.is_repeatable};
    const std::string trace_id = options_.trace_id ? options_.trace_id() : "";
    if (!trace_id.empty()) TRY(add_header(request.headers, "X-Amzn-Trace-Id", trace_id));
    request.headers.set("Host", address.host());
    const std::string hash =
        call.body.empty() ? std::string(kEmptySha256) : format_hex(sha256(call.body));
    const SigningTarget signing = TRY(target());
    sign(call.method, address.path, call.query, request.headers, hash, signing, now());
    return timeout ? client_.send(address.endpoint, request, *timeout)
                   : client_.send(address.endpoint, request);
}

// Whether `response` says that our clock is wrong, and what it is. An answer to a HEAD has no
// words; there the time alone tells.
bool S3Exchange::adopt_time_of(const net::ClientResponse& response) {
    if (response.status != kForbidden) return false;
    const std::string code = error_code(as_text(response.body));
    if (!response.body.empty() && code != "RequestTimeTooSkewed") return false;
    const auto date = parse_http_date(response.headers.get_or("Date", ""));
    if (!date || std::chrono::abs(*date - now()) < kSkewMin) return false;
    skew_ms_ = (*date - clock_.now()).count();
    return true;
}

Result<SigningTarget> S3Exchange::target() const {
    auto credentials = TRY(credentials_());
    return SigningTarget{.credentials = std::move(credentials), .region = options_.region};
}

// Half of what is left, so that there is time for another attempt; the last one gets all of it.
Result<std::optional<Milliseconds>> S3Exchange::timeout_of(const Call& call, int attempt) const {
    if (!options_.deadline) return std::optional<Milliseconds>();
    const Milliseconds left = time_left();
    if (left <= Milliseconds::zero()) {
        return Error{Code::timeout, call.name() + ": the time of the invocation is over."};
    }
    const bool is_last = !call.is_repeatable || attempt >= options_.attempts_max;
    return std::optional(std::clamp(is_last ? left : left / 2, Milliseconds(1), kAttemptMax));
}

Milliseconds S3Exchange::time_left() const {
    return options_.deadline ? options_.deadline() - clock_.now() : Milliseconds::max();
}

}  // namespace imagemill::aws
