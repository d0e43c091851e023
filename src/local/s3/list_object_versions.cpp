#include "aws/xml_writer.h"
#include "base/encodings.h"
#include "local/s3/exchange.h"
#include "local/s3/listing_xml.h"

namespace imagemill::local::s3 {

// A bucket that was never versioned has one version of each object, and its id is "null". So no
// page ends between the versions of a key, and a version id marker adds nothing to its key's.
Answer run(const ListObjectVersions& call, Exchange& exchange) {
    const ListAnswer page = TRY(find_page({.prefix = call.prefix,
                                           .delimiter = call.delimiter,
                                           .after = call.key_marker,
                                           .count_max = call.max_keys},
                                          exchange));
    const bool is_truncated = !page.next_after.empty();
    const KeyWriter key_of(call.encode_keys);
    aws::XmlWriter xml("ListVersionsResult");
    xml.element("Name", exchange.operation.bucket);
    xml.element("Prefix", key_of(call.prefix));
    xml.element("KeyMarker", key_of(call.key_marker));
    xml.element("VersionIdMarker", call.version_id_marker);
    if (is_truncated) {
        xml.element("NextKeyMarker", key_of(page.next_after));
        xml.element("NextVersionIdMarker", "null");
    }
    xml.element("MaxKeys", std::to_string(call.max_keys));
    if (!call.delimiter.empty()) xml.element("Delimiter", key_of(call.delimiter));
    if (call.encode_keys) xml.element("EncodingType", "url");
    xml.element("IsTruncated", is_truncated);
    for (const store::ListEntry& entry : page.entries) {
        xml.open("Version");
        write_entry(xml, entry, key_of);
        xml.element("VersionId", "null");
        xml.element("IsLatest", true);
        xml.close("Version");
    }
    write_common_prefixes(xml, page.common_prefixes, key_of);
    return http::Response::text(200, kXmlType, xml.finish());
}

}  // namespace imagemill::local::s3
