// xml_scan: the tags of an XML text, one after another, with no tree and no entities. Enough to
// judge a hostile SVG before a real parser sees it.
//
// Shapes:  Borrows the text. Character references in values stay as written: what is judged by an
//          allow-list needs no decoding.
// Errors:  corrupt, where the text breaks XML's form in a way that hides what follows.
// Threads: plain value.  Cost: one pass; one small vector reused for the attributes.
// Source:  XML 1.0, fifth edition, 2.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace imagemill::image {

struct XmlAttribute {
    std::string_view name;   // "xlink:href"
    std::string_view value;  // Between the quotes.
};

struct XmlToken {
    enum class Kind { open, close, text, instruction, doctype, end };
    Kind kind = Kind::end;
    std::string_view name;  // Of the tag, or the instruction's target.
    std::string_view text;  // Of text, CDATA and doctype: what lies inside.
    std::vector<XmlAttribute> attributes;
    bool is_empty = false;  // <open/>
};

class XmlScanner final {
  public:
    explicit XmlScanner(std::string_view text) : text_(text) {}

    // Fills `token` with the next one; comments are skipped. Kind::end at the end.
    Result<void> next(XmlToken& token);

  private:
    Result<void> scan_tag(XmlToken& token);
    Result<void> scan_attributes(XmlToken& token, std::string_view closing);
    Result<void> scan_doctype(XmlToken& token);
    Result<std::string_view> take_until(std::string_view mark);
    std::string_view take_name();
    void skip_space();

    std::string_view text_;
    std::size_t at_ = 0;
};

// "xlink:href" is "href".
std::string_view local_name(std::string_view name);

}  // namespace imagemill::image
