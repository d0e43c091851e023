#include "local/s3/exchange.h"

namespace imagemill::local::s3 {

Answer run(const DeleteBucket&, Exchange& exchange) {
    const std::string& bucket = exchange.operation.bucket;
    const auto removed = exchange.store.remove_bucket(bucket);
    if (!removed && removed.error().code == Code::conflict) {
        return aws::S3Error{.code = "BucketNotEmpty",
                            .status = 409,
                            .message = "The bucket you tried to delete is not empty",
                            .details = {{"BucketName", bucket}}};
    }
    TRY(removed);
    http::Response response;
    response.status = 204;
    return response;
}

}  // namespace imagemill::local::s3
