// xml_body: a request's body that is a small XML document: bounded, checked and parsed.
//
// Errors:  MalformedXML    larger than the bound, not UTF-8, no XML, or of another root.
//          InvalidRequest  no sum of the body where one is required.
//          BadDigest and the others of checksums.h; of a body that does not come, failure.h.
// Threads: one.
// Source:  Amazon S3 API reference, the "Request body" of each action that has one.
#pragma once

#include <cstdint>
#include <pugixml.hpp>
#include <string>

#include "local/s3/exchange.h"

namespace imagemill::local::s3 {

inline constexpr std::int64_t kConfigurationBytesMax = 64 * 1024;  // S3's own, of most.

aws::S3Error malformed_xml();

// Whether Content-MD5 or an x-amz-checksum-… must be there.
enum class BodySum { required, optional };
Outcome<Buffer> read_body(Exchange& exchange, std::int64_t size_max, BodySum sum);

// The document's root, which must be `name`; of `document`, which must outlive it. White space
// alone is text, too: a key may be a space. No entity but XML's own five is known.
Outcome<pugi::xml_node> parse_root(pugi::xml_document& document, Bytes body, const char* name);

// The text of a child, without the white space that people put around it; "" where it is not there.
std::string trimmed_child(const pugi::xml_node& node, const char* name);

}  // namespace imagemill::local::s3
