#include "local/s3/checksums.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encodings.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::size_t kMd5Bytes = 16;
constexpr std::size_t kSha256Hex = 64;

const Algorithm* algorithm_of_header(std::string_view header) {
    const auto found = std::ranges::find_if(algorithms(), [&](const Algorithm& algorithm) {
        return equal_ignoring_case(algorithm.header, header);
    });
    return found == algorithms().end() ? nullptr : &*found;
}

bool is_hash(std::string_view text) {
    return text.size() == kSha256Hex && parse_hex(text).has_value();
}

aws::S3Error payload_mismatch(Bytes expected, Bytes computed) {
    return {.code = "XAmzContentSHA256Mismatch",
            .status = 400,
            .message =
                "The provided 'x-amz-content-sha256' header does not match what was "
                "computed.",
            .details = {{"ClientComputedContentSHA256", format_hex(expected)},
                        {"S3ComputedContentSHA256", format_hex(computed)}}};
}

aws::S3Error bad_digest(std::string message) {
    return {.code = "BadDigest", .status = 400, .message = std::move(message), .details = {}};
}

aws::S3Error md5_mismatch(Bytes expected, Bytes computed) {
    aws::S3Error error =
        bad_digest("The Content-MD5 you specified did not match what we received.");
    error.details = {{"ExpectedDigest", format_hex(expected)},
                     {"CalculatedDigest", format_base64(computed)}};
    return error;
}

constexpr std::string_view kPayload = "x-amz-content-sha256";
constexpr std::string_view kContentMd5 = "Content-MD5";

}  // namespace

aws::S3Error unknown_algorithm() {
    return invalid_request(
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
        "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
}

Outcome<BodyChecks> BodyChecks::parse(const http::Headers& headers, std::string_view payload_hash) {
    BodyChecks checks;
    TRY(checks.add_payload_hash(payload_hash));
    TRY(checks.add_content_md5(headers));
    TRY(checks.add_checksum(headers));
    return checks;
}

Outcome<void> BodyChecks::add_payload_hash(std::string_view payload_hash) {
    if (!is_hash(payload_hash)) return {};
    Buffer expected = TRY(parse_hex(payload_hash));
    checks_.push_back({.name = std::string(kPayload),
                       .expected = std::move(expected),
                       .sum = Hasher(DigestKind::sha256)});
    return {};
}

Outcome<void> BodyChecks::add_content_md5(const http::Headers& headers) {
    const auto text = headers.get(kContentMd5);
    if (!text) return {};
    auto expected = parse_base64(*text);
    if (!expected || expected->size() != kMd5Bytes) {
        return aws::S3Error{.code = "InvalidDigest",
                            .status = 400,
                            .message = "The Content-MD5 you specified was invalid.",
                            .details = {{"Content-MD5", std::string(*text)}}};
    }
    checks_.push_back({.name = std::string(kContentMd5),
                       .expected = *std::move(expected),
                       .sum = Hasher(DigestKind::md5)});
    return {};
}

// One, in a header or announced as a trailer.
Outcome<void> BodyChecks::add_checksum(const http::Headers& headers) {
    std::vector<std::string> names;
    for (const Algorithm& algorithm : algorithms()) {
        if (headers.get(algorithm.header)) names.emplace_back(algorithm.header);
    }
    if (const auto trailer = headers.get("x-amz-trailer")) {
        trailer_ = to_lower(trim(*trailer));
        if (algorithm_of_header(trailer_) == nullptr) {
            return invalid_request(
                "The value specified in the x-amz-trailer header is not supported");
        }
        names.push_back(trailer_);
    }
    if (names.size() > 1) {
        return invalid_request(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
            "allowed.");
    }
    const auto announced = headers.get("x-amz-sdk-checksum-algorithm");
    if (announced && find_algorithm(*announced) == nullptr) return unknown_algorithm();
    if (names.empty()) {
        if (!announced) return {};
        return invalid_request(
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
            "x-amz-trailer headers were found.");
    }
    algorithm_ = algorithm_of_header(names.front());
    if (announced && find_algorithm(*announced) != algorithm_) {
        return invalid_request("Value for x-amz-sdk-checksum-algorithm header is invalid.");
    }
    checks_.push_back({.name = std::string(algorithm_->name),
                       .expected = std::nullopt,
                       .sum = start_sum(*algorithm_)});
    if (!trailer_.empty()) return {};
    return take_checksum(headers, algorithm_->header);
}

Outcome<void> BodyChecks::take_checksum(const http::Headers& fields, std::string_view header) {
    const std::string name(header);
    const std::string text(fields.get_or(header, ""));
    auto expected = parse_checksum(*algorithm_, text);
    if (!expected) return invalid_request("Value for " + name + " header is invalid.");
    for (Check& check : checks_) {
        if (check.name == algorithm_->name) check.expected = expected;
    }
    confirmed_ = {{name, text}, {"x-amz-checksum-type", std::string(kFullObject)}};
    return {};
}

void BodyChecks::also(const Algorithm& algorithm) {
    if (&algorithm == algorithm_) return;
    checks_.push_back({.name = std::string(algorithm.name),
                       .expected = std::nullopt,
                       .sum = start_sum(algorithm)});
}

void BodyChecks::update(Bytes bytes) {
    for (Check& check : checks_) {
        std::visit([&](auto& sum) { sum.update(bytes); }, check.sum);
    }
}

Outcome<void> BodyChecks::finish(const http::Headers& trailers) {
    if (!trailer_.empty()) TRY(take_checksum(trailers, trailer_));
    for (Check& check : checks_) {
        check.computed = std::visit([](auto& sum) { return sum.finish(); }, check.sum);
        if (!check.expected || check.computed == *check.expected) continue;
        if (check.name == kPayload) return payload_mismatch(*check.expected, check.computed);
        if (check.name == kContentMd5) return md5_mismatch(*check.expected, check.computed);
        return bad_digest("The " + check.name +
                          " you specified did not match the calculated checksum.");
    }
    return {};
}

std::string BodyChecks::sum_of(const Algorithm& algorithm) const {
    for (const Check& check : checks_) {
        if (check.name == algorithm.name) return format_base64(check.computed);
    }
    return "";
}

}  // namespace imagemill::local::s3
