// listing_xml: what the listings of S3's first version share: a page of keys, and its elements.
//
// Threads: one.
// Source:  Amazon S3 API reference, ListObjects, ListObjectVersions.
#pragma once

#include <string>
#include <vector>

#include "aws/xml_writer.h"
#include "local/s3/exchange.h"

namespace imagemill::local::s3 {

// Of the exchange's bucket. Where no keys are asked for, none are looked up; only the bucket must
// be there.
Outcome<ListAnswer> find_page(const ListQuery& query, Exchange& exchange);

// A key, prefix or marker as the client asked for it (encoding-type=url).
class KeyWriter final {
  public:
    explicit KeyWriter(bool is_encoded) : is_encoded_(is_encoded) {}
    std::string operator()(const std::string& key) const;

  private:
    bool is_encoded_;
};

// What <Contents> and <Version> both hold.
void write_entry(aws::XmlWriter& xml, const store::ListEntry& entry, const KeyWriter& key_of);
void write_common_prefixes(aws::XmlWriter& xml, const std::vector<std::string>& prefixes,
                           const KeyWriter& key_of);

}  // namespace imagemill::local::s3
