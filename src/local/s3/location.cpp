#include "local/s3/location.h"

#include "base/encodings.h"

namespace imagemill::local::s3 {

std::string location_of(const Exchange& exchange) {
    const std::string host(exchange.request.headers.get_or("Host", ""));
    const std::string key = percent_encode(exchange.operation.key, Slash::keep);
    const bool host_has_bucket = !exchange.options.hosts.subdomain_of(host).empty();
    const std::string& public_url = exchange.options.public_url;
    if (host_has_bucket || public_url.empty()) {
        const std::string bucket = host_has_bucket ? "" : exchange.operation.bucket + "/";
        return "http://" + host + "/" + bucket + key;
    }
    return public_url + (public_url.ends_with('/') ? "" : "/") + exchange.operation.bucket + "/" +
           key;
}

}  // namespace imagemill::local::s3
