#include "local/s3/xml_body.h"

#include <algorithm>
#include <array>

#include "base/encodings.h"
#include "local/s3/checksums.h"

namespace imagemill::local::s3 {
namespace {

bool has_sum(const http::Headers& headers) {
    constexpr std::array<const char*, 6> kSums{
        "Content-MD5",           "x-amz-checksum-crc32",     "x-amz-checksum-crc32c",
        "x-amz-checksum-sha256", "x-amz-checksum-crc64nvme", "x-amz-checksum-sha1"};
    return headers.get("x-amz-trailer").has_value() ||
           std::ranges::any_of(kSums,
                               [&](const char* name) { return headers.get(name).has_value(); });
}

// As a byte or as a reference (&#0; &#x0;): either would end a text early, and a key be another.
bool holds_nul(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) return true;
    for (std::size_t at = text.find("&#"); at != std::string_view::npos;
         at = text.find("&#", at + 2)) {
        std::string_view digits = text.substr(at + 2);
        digits = digits.substr(0, digits.find(';'));
        if (digits.starts_with('x')) digits.remove_prefix(1);
        if (digits.find_first_not_of('0') == std::string_view::npos) return true;
    }
    return false;
}

}  // namespace

aws::S3Error malformed_xml() {
    return {.code = "MalformedXML",
            .status = 400,
            .message =
                "The XML you provided was not well-formed or did not validate against our "
                "published schema",
            .details = {}};
}

Outcome<Buffer> read_body(Exchange& exchange, std::int64_t size_max, BodySum sum) {
    const http::Headers& headers = exchange.operation.headers;
    if (sum == BodySum::required && !has_sum(headers)) {
        return invalid_request(
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
    }
    BodyChecks checks = TRY(BodyChecks::parse(headers, exchange.payload_hash));
    auto body = http::read_all(*exchange.request.body, size_max, "Content-Length");
    if (!body && body.error().code == Code::too_large) return malformed_xml();
    if (!body) return of_body(body.error());
    checks.update(*body);
    TRY(checks.finish());
    return *std::move(body);
}

Outcome<pugi::xml_node> parse_root(pugi::xml_document& document, Bytes body, const char* name) {
    if (!is_utf8(as_text(body)) || holds_nul(as_text(body))) return malformed_xml();
    const auto parsed = document.load_buffer(body.data(), body.size(),
                                             pugi::parse_default | pugi::parse_ws_pcdata_single,
                                             pugi::encoding_utf8);
    const pugi::xml_node root = document.child(name);
    if (!parsed || !root) return malformed_xml();
    return root;
}

std::string trimmed_child(const pugi::xml_node& node, const char* name) {
    std::string_view text = node.child(name).child_value();
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return std::string(text);
}

}  // namespace imagemill::local::s3
