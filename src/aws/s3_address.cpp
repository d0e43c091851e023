#include "aws/s3_address.h"

#include <algorithm>

#include "base/encodings.h"

namespace imagemill::aws {
namespace {

bool is_label(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

}  // namespace

Result<Addresses> Addresses::make(std::string_view endpoint, std::string_view region) {
    if (!is_label(region)) {
        return Error{
            Code::invalid_argument,
            "\"" + printable(region, 64) + "\" is not a region such as us-east-1 (AWS_REGION)."};
    }
    if (!endpoint.empty()) return Addresses(TRY(net::parse_endpoint(endpoint)), false);
    const std::string_view domain =
        region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com";
    return Addresses(
        {.scheme = "https", .host = "s3." + std::string(region) + std::string(domain), .port = 443},
        true);
}

Address Addresses::of(std::string_view bucket, std::string_view key) const {
    Address address{.endpoint = endpoint_, .path = "/"};
    // A dot in the bucket's name is one label more than Amazon's certificate covers.
    if (amazon_ && is_label(bucket)) {
        address.endpoint.host = std::string(bucket) + "." + address.endpoint.host;
    } else {
        address.path += percent_encode(bucket, Slash::encode);
        if (!key.empty()) address.path += '/';
    }
    address.path += percent_encode(key, Slash::keep);
    return address;
}

}  // namespace imagemill::aws
