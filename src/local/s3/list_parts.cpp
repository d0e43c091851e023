#include "local/s3/exchange.h"
#include "local/s3/multipart_answers.h"

namespace imagemill::local::s3 {

Answer run(const ListParts& call, Exchange& exchange) {
    const Operation& operation = exchange.operation;
    const UploadRef ref{.bucket = operation.bucket, .key = operation.key, .id = call.upload_id};
    Multiparts& multiparts = exchange.store.multiparts();
    const OpenUpload upload = TRY(multiparts.find(ref));
    const PartPage page = TRY(multiparts.parts(ref, call.after_number, call.max_parts));
    return http::Response::text(200, kXmlType, format_parts(upload, page, call));
}

}  // namespace imagemill::local::s3
