#include <algorithm>
#include <array>

#include "base/encodings.h"
#include "local/s3/bucket_name.h"
#include "local/s3/exchange.h"
#include "local/s3/xml_body.h"

namespace imagemill::local::s3 {
namespace {

// The body may name the region to make the bucket in, and there is one. S3 has no name for its
// first region, us-east-1, and refuses it by name, too.
Outcome<void> check_location(Bytes body, const std::string& region) {
    if (trim(as_text(body)).empty()) return {};
    pugi::xml_document document;
    const pugi::xml_node root = TRY(parse_root(document, body, "CreateBucketConfiguration"));
    for (const pugi::xml_node& child : root.children()) {
        const std::string_view name = child.name();
        if (child.type() == pugi::node_element && name != "LocationConstraint") {
            return not_implemented("The element " + std::string(name));
        }
    }
    const std::string location = trimmed_child(root, "LocationConstraint");
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
    const Buffer configuration =
        TRY(read_body(exchange, kConfigurationBytesMax, BodySum::optional));
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
