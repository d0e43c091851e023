#include "local/s3/exchange.h"
#include "local/s3/notification_xml.h"
#include "local/s3/xml_body.h"

namespace imagemill::local::s3 {

Answer run(const GetBucketNotificationConfiguration&, Exchange& exchange) {
    const auto notifications =
        TRY(exchange.store.settings().notifications(exchange.operation.bucket));
    return http::Response::text(200, kXmlType,
                                format_notification_xml(notifications, exchange.options.region));
}

// Replaces all that was said. S3 sends its test event to queues and topics only, so none is sent.
Answer run(const PutBucketNotificationConfiguration&, Exchange& exchange) {
    const std::string& bucket = exchange.operation.bucket;
    const Buffer body = TRY(read_body(exchange, kConfigurationBytesMax, BodySum::optional));
    const auto notifications = TRY(parse_notification_xml(
        body, bucket,
        {.region = exchange.options.region, .functions = exchange.options.functions}));
    TRY(exchange.store.settings().set_notifications(bucket, notifications));
    return http::Response();
}

}  // namespace imagemill::local::s3
