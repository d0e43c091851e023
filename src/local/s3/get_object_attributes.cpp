#include <algorithm>

#include "aws/xml_writer.h"
#include "local/s3/checksums.h"
#include "local/s3/exchange.h"
#include "local/storage/multipart.h"

namespace imagemill::local::s3 {
namespace {

void write_checksum(aws::XmlWriter& xml, const Attributes& attributes) {
    const Algorithm* algorithm = find_algorithm(attributes.checksum_algorithm);
    if (algorithm == nullptr || attributes.checksum.empty()) return;
    xml.open("Checksum");
    xml.element(algorithm->element, attributes.checksum);
    xml.element("ChecksumType", attributes.checksum_type);
    xml.close("Checksum");
}

// How many there are: their own checksums are not kept, and S3 lists only parts that have some.
Outcome<void> write_parts(aws::XmlWriter& xml, const Attributes& attributes) {
    const auto sizes = TRY(parse_part_layout(attributes.part_layout));
    if (sizes.empty()) return {};
    xml.open("ObjectParts");
    xml.element("PartsCount", std::to_string(sizes.size()));
    xml.close("ObjectParts");
    return {};
}

}  // namespace

Answer run(const GetObjectAttributes& call, Exchange& exchange) {
    const StoredObject object =
        TRY(exchange.store.head(exchange.operation.bucket, exchange.operation.key));
    const auto asks_for = [&](std::string_view attribute) {
        return std::ranges::find(call.attributes, attribute) != call.attributes.end();
    };
    aws::XmlWriter xml("GetObjectAttributesResponse");
    if (asks_for("ETag")) xml.element("ETag", object.etag);  // Without quotes, here only.
    if (asks_for("Checksum")) write_checksum(xml, object.attributes);
    if (asks_for("ObjectParts")) TRY(write_parts(xml, object.attributes));
    if (asks_for("StorageClass")) xml.element("StorageClass", "STANDARD");
    if (asks_for("ObjectSize")) xml.element("ObjectSize", std::to_string(object.size_bytes));
    http::Response response = http::Response::text(200, kXmlType, xml.finish());
    response.headers.set("Last-Modified", format_http_date(object.modified));
    return response;
}

}  // namespace imagemill::local::s3
