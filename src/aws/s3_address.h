// s3_address: where a bucket is: at which host, and what comes before the key in the path. Private
// to aws.
//
// Errors:  invalid_argument names the endpoint or the region that is none, or that has no FIPS or
//          dual-stack endpoints.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/client.h"

namespace imagemill::aws {

struct Address {
    net::Endpoint endpoint;
    std::string path;  // Percent-encoded, of the bucket or of the object.

    std::string host() const { return net::host_header(endpoint); }
    std::string origin() const { return endpoint.scheme + "://" + host(); }
};

// Which of Amazon's own endpoints.
struct AddressKind {
    bool use_fips = false;
    bool use_dualstack = false;
};

class Addresses final {
  public:
    // `endpoint` is empty for Amazon's own.
    static Result<Addresses> make(std::string_view endpoint, std::string_view region,
                                  const AddressKind& kind);
    // An empty key: the bucket itself.
    Address of(std::string_view bucket, std::string_view key) const;

  private:
    Addresses(net::Endpoint endpoint, bool amazon)
        : endpoint_(std::move(endpoint)), amazon_(amazon) {}

    net::Endpoint endpoint_;
    bool amazon_;
};

}  // namespace imagemill::aws
