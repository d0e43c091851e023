#include "aws/xml_writer.h"
#include "base/encodings.h"
#include "local/s3/exchange.h"
#include "local/s3/listing_xml.h"

namespace imagemill::local::s3 {

Answer run(const ListObjects& call, Exchange& exchange) {
    const std::string& bucket = exchange.operation.bucket;
    const ListAnswer page = TRY(find_page({.prefix = call.prefix,
                                           .delimiter = call.delimiter,
                                           .after = call.marker,
                                           .count_max = call.max_keys},
                                          exchange));
    const bool is_truncated = !page.next_after.empty();
    const KeyWriter key_of(call.encode_keys);
    aws::XmlWriter xml("ListBucketResult");
    xml.element("Name", bucket);
    xml.element("Prefix", key_of(call.prefix));
    xml.element("Marker", key_of(call.marker));
    // Without a delimiter the last key is the next marker, and S3 does not say it.
    if (is_truncated && !call.delimiter.empty()) {
        xml.element("NextMarker", key_of(page.next_after));
    }
    if (!call.delimiter.empty()) xml.element("Delimiter", key_of(call.delimiter));
    xml.element("MaxKeys", std::to_string(call.max_keys));
    if (call.encode_keys) xml.element("EncodingType", "url");
    xml.element("IsTruncated", is_truncated);
    for (const store::ListEntry& entry : page.entries) {
        xml.open("Contents");
        write_entry(xml, entry, key_of);
        xml.close("Contents");
    }
    write_common_prefixes(xml, page.common_prefixes, key_of);
    return http::Response::text(200, kXmlType, xml.finish());
}

}  // namespace imagemill::local::s3
