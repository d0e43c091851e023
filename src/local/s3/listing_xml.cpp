#include "local/s3/listing_xml.h"

#include "base/encodings.h"

namespace imagemill::local::s3 {

Outcome<ListAnswer> find_page(const ListQuery& query, Exchange& exchange) {
    const std::string& bucket = exchange.operation.bucket;
    if (query.count_max == 0) {
        TRY(exchange.store.head_bucket(bucket));
        return ListAnswer{};
    }
    ListAnswer page = TRY(exchange.store.list(bucket, query));
    return page;
}

std::string KeyWriter::operator()(const std::string& key) const {
    return is_encoded_ ? percent_encode(key, Slash::keep) : key;
}

void write_entry(aws::XmlWriter& xml, const store::ListEntry& entry, const KeyWriter& key_of) {
    xml.element("Key", key_of(entry.key));
    xml.element("LastModified", format_rfc3339(entry.modified));
    xml.element("ETag", "\"" + entry.etag + "\"");
    xml.element("Size", std::to_string(entry.size_bytes));
    xml.open("Owner");
    xml.element("ID", kOwnerId);
    xml.close("Owner");
    xml.element("StorageClass", "STANDARD");
}

void write_common_prefixes(aws::XmlWriter& xml, const std::vector<std::string>& prefixes,
                           const KeyWriter& key_of) {
    for (const std::string& prefix : prefixes) {
        xml.open("CommonPrefixes");
        xml.element("Prefix", key_of(prefix));
        xml.close("CommonPrefixes");
    }
}

}  // namespace imagemill::local::s3
