#include "aws/s3_address.h"

#include <algorithm>
#include <array>

#include "base/encodings.h"

namespace imagemill::aws {
namespace {

bool is_label(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

// Amazon's clouds: whose regions begin so, and where their names end.
struct Partition {
    std::string_view region_prefix;
    std::string_view domain;
    bool has_fips = false;
    bool has_dualstack = false;
};
constexpr std::array kPartitions{
    Partition{"cn-", "amazonaws.com.cn", false, true},
    Partition{"eusc-", "amazonaws.eu"},
    Partition{"us-iso-", "c2s.ic.gov", true},
    Partition{"us-isob-", "sc2s.sgov.gov", true},
    Partition{"us-isof-", "csp.hci.ic.gov", true},
    Partition{"eu-isoe-", "cloud.adc-e.uk", true},
    Partition{"", "amazonaws.com", true, true},  // The others: all of the public cloud, GovCloud.
};

const Partition& partition_of(std::string_view region) {
    return *std::ranges::find_if(kPartitions, [&](const Partition& partition) {
        return region.starts_with(partition.region_prefix);
    });
}

Error no_such_kind(std::string_view region, std::string_view variable, std::string_view what) {
    return {Code::invalid_argument, std::string(variable) + " is set, and the region " +
                                        std::string(region) + " has no " + std::string(what) +
                                        " endpoints of S3."};
}

Result<std::string> amazon_host(std::string_view region, const AddressKind& kind) {
    const Partition& partition = partition_of(region);
    if (kind.use_fips && !partition.has_fips) {
        return no_such_kind(region, "AWS_USE_FIPS_ENDPOINT", "FIPS");
    }
    if (kind.use_dualstack && !partition.has_dualstack) {
        return no_such_kind(region, "AWS_USE_DUALSTACK_ENDPOINT", "dual-stack");
    }
    std::string host = kind.use_fips ? "s3-fips." : "s3.";
    if (kind.use_dualstack) host += "dualstack.";
    host += region;
    host += '.';
    host += partition.domain;
    return host;
}

}  // namespace

Result<Addresses> Addresses::make(std::string_view endpoint, std::string_view region,
                                  const AddressKind& kind) {
    if (!is_label(region)) {
        return Error{
            Code::invalid_argument,
            "\"" + printable(region, 64) + "\" is not a region such as us-east-1 (AWS_REGION)."};
    }
    if (endpoint.empty()) {
        auto host = TRY(amazon_host(region, kind));
        return Addresses({.scheme = "https", .host = std::move(host), .port = 443}, true);
    }
    if (kind.use_fips || kind.use_dualstack) {
        return Error{Code::invalid_argument,
                     "AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT choose among Amazon's "
                     "endpoints; with one of one's own (AWS_ENDPOINT_URL_S3) they mean nothing."};
    }
    return Addresses(TRY(net::parse_endpoint(endpoint)), false);
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
