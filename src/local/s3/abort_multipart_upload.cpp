#include "local/s3/exchange.h"
#include "local/storage/multipart.h"

namespace imagemill::local::s3 {

Answer run(const AbortMultipartUpload& call, Exchange& exchange) {
    const Operation& operation = exchange.operation;
    TRY(exchange.store.multiparts().abort(
        {.bucket = operation.bucket, .key = operation.key, .id = call.upload_id}));
    http::Response response;
    response.status = 204;
    return response;
}

}  // namespace imagemill::local::s3
