#include "local/s3/exchange.h"

namespace imagemill::local::s3 {

Answer run(const HeadBucket&, Exchange& exchange) {
    TRY(exchange.store.head_bucket(exchange.operation.bucket));
    http::Response response;
    response.headers = {{"Content-Type", std::string(kXmlType)},
                        {"x-amz-bucket-region", exchange.options.region},
                        {"x-amz-bucket-arn", "arn:aws:s3:::" + exchange.operation.bucket},
                        {"x-amz-access-point-alias", "false"}};
    return response;
}

}  // namespace imagemill::local::s3
