#include "local/s3/cors_rules.h"
#include "local/s3/exchange.h"
#include "local/s3/xml_body.h"

namespace imagemill::local::s3 {

Answer run(const GetBucketCors&, Exchange& exchange) {
    const std::string& bucket = exchange.operation.bucket;
    const auto text = TRY(exchange.store.settings().find(bucket, kCorsSetting));
    if (text) return http::Response::text(200, kXmlType, *text);
    return aws::S3Error{.code = "NoSuchCORSConfiguration",
                        .status = 404,
                        .message = "The CORS configuration does not exist",
                        .details = {{"BucketName", bucket}}};
}

Answer run(const PutBucketCors&, Exchange& exchange) {
    const Buffer body = TRY(read_body(exchange, kConfigurationBytesMax, BodySum::optional));
    const auto rules = TRY(parse_cors_rules(body));
    // Kept as we would write it, so that what is read back is what holds.
    TRY(exchange.store.settings().put(exchange.operation.bucket, kCorsSetting,
                                      format_cors_rules(rules)));
    return http::Response();
}

Answer run(const DeleteBucketCors&, Exchange& exchange) {
    TRY(exchange.store.settings().remove(exchange.operation.bucket, kCorsSetting));
    http::Response response;
    response.status = 204;
    return response;
}

}  // namespace imagemill::local::s3
