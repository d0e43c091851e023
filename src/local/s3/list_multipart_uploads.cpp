#include "local/s3/exchange.h"
#include "local/s3/multipart_answers.h"

namespace imagemill::local::s3 {

Answer run(const ListMultipartUploads& call, Exchange& exchange) {
    const std::string& bucket = exchange.operation.bucket;
    const UploadQuery query{.prefix = call.prefix,
                            .delimiter = call.delimiter,
                            .after_key = call.key_marker,
                            // Without a key an id is no place in the list: S3 ignores it.
                            .after_id = call.key_marker.empty() ? "" : call.id_marker,
                            .count_max = call.max_uploads};
    const UploadPage page = TRY(exchange.store.multiparts().list(bucket, query));
    return http::Response::text(200, kXmlType, format_uploads(bucket, page, call));
}

}  // namespace imagemill::local::s3
