#include "local/s3/completion_plan.h"
#include "local/s3/exchange.h"
#include "local/s3/multipart_answers.h"
#include "local/s3/write_plan.h"

namespace imagemill::local::s3 {
namespace {

// There are no bytes yet that such a sum could be of.
Outcome<void> check_no_sums(const http::Headers& headers) {
    for (const Algorithm& algorithm : algorithms()) {
        if (!headers.get(algorithm.header)) continue;
        return invalid_request("The header " + std::string(algorithm.header) +
                               " has no place where an upload is created: x-amz-checksum-algorithm "
                               "says what its parts are added up with.");
    }
    return {};
}

}  // namespace

Answer run(const CreateMultipartUpload&, Exchange& exchange) {
    const Operation& operation = exchange.operation;
    TRY(check_no_sums(operation.headers));
    WritePlan plan = TRY(plan_write(operation.headers, ""));
    TRY(parse_checksum_rule(operation.headers, plan.attributes));
    std::string id = TRY(exchange.store.multiparts().create(operation.bucket, operation.key,
                                                            plan.attributes, exchange.access_key));
    const UploadRef ref{.bucket = operation.bucket, .key = operation.key, .id = std::move(id)};
    http::Response response = http::Response::text(200, kXmlType, format_upload_created(ref));
    if (!plan.attributes.checksum_algorithm.empty()) {
        response.headers.set("x-amz-checksum-algorithm", plan.attributes.checksum_algorithm);
        response.headers.set("x-amz-checksum-type", plan.attributes.checksum_type);
    }
    return response;
}

}  // namespace imagemill::local::s3
