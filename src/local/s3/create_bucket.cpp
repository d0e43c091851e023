#include <algorithm>
#include <array>
#include <pugixml.hpp>

#include "base/encodings.h"
#include "local/s3/bucket_name.h"
#include "local/s3/checksums.h"
#include "local/s3/exchange.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::int64_t kConfigurationBytesMax = 64 * 1024;

aws::S3Error malformed_xml() {
    return {.code = "MalformedXML",
            .status = 400,
            .message =
                "The XML you provided was not well-formed or did not validate against our "
                "published schema",
            .details = {}};
}

Outcome<Buffer> read_configuration(Exchange& exchange) {
    auto checks = TRY(BodyChecks::parse(exchange.operation.headers, exchange.payload_hash));
    auto body = http::read_all(*exchange.request.body, kConfigurationBytesMax, "Content-Length");
    if (!body && body.error().code == Code::too_large) return malformed_xml();
    if (!body) return of_body(body.error());
    checks.update(*body);
    TRY(checks.finish());
    return *std::move(body);
}

// The body may name the region to make the bucket in, and there is one. S3 has no name for its
// first region, us-east-1, and refuses it by name, too.
Outcome<void> check_location(Bytes body, const std::string& region) {
    if (trim(as_text(body)).empty()) return {};
    pugi::xml_document document;
    if (!document.load_buffer(body.data(), body.size())) return malformed_xml();
    const pugi::xml_node root = document.child("CreateBucketConfiguration");
    if (!root) return malformed_xml();
    for (const pugi::xml_node& child : root.children()) {
        const std::string_view name = child.name();
        if (child.type() == pugi::node_element && name != "LocationConstraint") {
            return not_implemented("The element " + std::string(name));
        }
    }
    const std::string location = root.child("LocationConstraint").text().as_string();
    if (location.empty() || (location == region && region != "us-east-1")) return {};
    if (location == region) {
        return aws::S3Error{.code = "InvalidLocationConstraint",
                            .status = 400,
                            .message = "The specified location-constraint is not valid",
                            .details = {{"LocationConstraint", location}}};
    }
    return aws::S3Error{.code = "IllegalLocationConstraintException",
                        .status = 400,
                        .message = "The " + location +
                                   " location constraint is incompatible for the region specific "
                                   "endpoint this request was sent to.",
                        .details = {{"LocationConstraint", location}}};
}

}  // namespace

Answer run(const CreateBucket&, Exchange& exchange) {
    const std::string& bucket = exchange.operation.bucket;
    TRY(check_bucket_name(bucket));
    const Buffer configuration = TRY(read_configuration(exchange));
    TRY(check_location(configuration, exchange.options.region));
    // In us-east-1 making one's own bucket again is fine; everywhere else it is an error.
    if (exchange.options.region != "us-east-1" && exchange.store.head_bucket(bucket)) {
        return aws::S3Error{.code = "BucketAlreadyOwnedByYou",
                            .status = 409,
                            .message =
                                "Your previous request to create the named bucket "
                                "succeeded and you already own it.",
                            .details = {{"BucketName", bucket}}};
    }
    TRY(exchange.store.create_bucket(bucket));
    http::Response response;
    response.headers.set("Location", "/" + bucket);
    return response;
}

}  // namespace imagemill::local::s3
