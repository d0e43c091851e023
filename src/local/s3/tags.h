// tags: an object's tags, in a header, in XML and within their bounds.
//
// Shapes:  At most 10, each key once; a key of 1..128 characters, a value of 0..256; neither holds
//          control characters, and no key begins with "aws:".
// Errors:  InvalidArgument  the header is not encoded rightly, or names a key twice.
//          InvalidTag       a key or value is out of bounds; of XML, a key that comes twice.
//          BadRequest       too many.
//          MalformedXML     the XML is no Tagging.
// Threads: pure functions.
// Source:  Amazon S3 user guide, "Categorizing your objects using tags".
#pragma once

#include <map>
#include <string>

#include "local/s3/outcome.h"

namespace imagemill::local::s3 {

inline constexpr std::size_t kTagsMax = 10;

using Tags = std::map<std::string, std::string>;

// "project=x&size=big", as x-amz-tagging has them; and back.
Outcome<Tags> parse_tag_header(const std::string& text);
std::string format_tag_header(const Tags& tags);

// <Tagging>; and back.
Outcome<Tags> parse_tagging(Bytes xml);
std::string format_tagging(const Tags& tags);

}  // namespace imagemill::local::s3
