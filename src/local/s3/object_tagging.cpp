#include "local/s3/exchange.h"
#include "local/s3/tags.h"
#include "local/s3/xml_body.h"

namespace imagemill::local::s3 {

Answer run(const GetObjectTagging&, Exchange& exchange) {
    const StoredObject object =
        TRY(exchange.store.head(exchange.operation.bucket, exchange.operation.key));
    return http::Response::text(200, kXmlType, format_tagging(object.attributes.tags));
}

Answer run(const PutObjectTagging&, Exchange& exchange) {
    const Buffer body = TRY(read_body(exchange, kConfigurationBytesMax, BodySum::optional));
    const Tags tags = TRY(parse_tagging(body));
    TRY(exchange.store.tag(exchange.operation.bucket, exchange.operation.key, tags));
    return http::Response();
}

Answer run(const DeleteObjectTagging&, Exchange& exchange) {
    TRY(exchange.store.tag(exchange.operation.bucket, exchange.operation.key, {}));
    http::Response response;
    response.status = 204;
    return response;
}

}  // namespace imagemill::local::s3
