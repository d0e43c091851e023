#include "image/probe/xml_scan.h"

#include "base/encodings.h"

namespace imagemill::image {
namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool ends_name(char c) {
    return is_space(c) || c == '=' || c == '>' || c == '/' || c == '<' || c == '?' || c == '"' ||
           c == '\'' || c == '[';
}

Error broken(std::string_view what) {
    return {.code = Code::corrupt,
            .message = "The SVG is not well-formed XML: " + std::string(what) + "."};
}

}  // namespace

Result<void> XmlScanner::next(XmlToken& token) {
    token.attributes.clear();
    token.name = token.text = {};
    token.is_empty = false;
    while (at_ < text_.size()) {
        const std::string_view rest = text_.substr(at_);
        if (rest.front() != '<') {
            const std::size_t end = std::min(text_.find('<', at_), text_.size());
            token.kind = XmlToken::Kind::text;
            token.text = text_.substr(at_, end - at_);
            at_ = end;
            return {};
        }
        if (rest.starts_with("<!--")) {
            at_ += 4;
            TRY(take_until("-->"));
            continue;
        }
        if (rest.starts_with("<![CDATA[")) {
            at_ += 9;
            token.kind = XmlToken::Kind::text;
            token.text = TRY(take_until("]]>"));
            return {};
        }
        if (rest.starts_with("<!")) return scan_doctype(token);
        return scan_tag(token);
    }
    token.kind = XmlToken::Kind::end;
    return {};
}

Result<void> XmlScanner::scan_tag(XmlToken& token) {
    ++at_;
    const char first = at_ < text_.size() ? text_[at_] : '\0';
    if (first == '/') {
        ++at_;
        token.kind = XmlToken::Kind::close;
        token.name = take_name();
        TRY(take_until(">"));
        return {};
    }
    const bool is_instruction = first == '?';
    if (is_instruction) ++at_;
    token.kind = is_instruction ? XmlToken::Kind::instruction : XmlToken::Kind::open;
    token.name = take_name();
    if (token.name.empty()) return broken("a \"<\" begins no tag");
    return scan_attributes(token, is_instruction ? "?>" : ">");
}

Result<void> XmlScanner::scan_attributes(XmlToken& token, std::string_view closing) {
    while (true) {
        skip_space();
        const std::string_view rest = text_.substr(at_);
        if (rest.starts_with(closing)) {
            at_ += closing.size();
            return {};
        }
        if (rest.starts_with("/>")) {
            at_ += 2;
            token.is_empty = true;
            return {};
        }
        XmlAttribute attribute;
        attribute.name = take_name();
        skip_space();
        if (attribute.name.empty() || at_ >= text_.size() || text_[at_] != '=') {
            return broken("the tag \"" + printable(token.name, 40) + "\" does not end properly");
        }
        ++at_;
        skip_space();
        const char quote = at_ < text_.size() ? text_[at_] : '\0';
        if (quote != '"' && quote != '\'') return broken("an attribute's value has no quotes");
        ++at_;
        attribute.value = TRY(take_until(std::string_view(&quote, 1)));
        token.attributes.push_back(attribute);
    }
}

// The internal subset in [] makes a doctype long; it is judged by whoever asked, so its end is
// found by the bracket alone.
Result<void> XmlScanner::scan_doctype(XmlToken& token) {
    const std::size_t start = at_;
    const std::size_t end = text_.find_first_of(">[", at_);
    if (end == std::string_view::npos) return broken("a declaration does not end");
    at_ = end + 1;
    token.kind = XmlToken::Kind::doctype;
    token.text = text_.substr(start, at_ - start);
    return {};
}

Result<std::string_view> XmlScanner::take_until(std::string_view mark) {
    const std::size_t end = text_.find(mark, at_);
    if (end == std::string_view::npos) {
        return broken("it ends where \"" + std::string(mark) + "\" was still to come");
    }
    const std::string_view taken = text_.substr(at_, end - at_);
    at_ = end + mark.size();
    return taken;
}

std::string_view XmlScanner::take_name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && !ends_name(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
}

void XmlScanner::skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

std::string_view local_name(std::string_view name) {
    const std::size_t colon = name.rfind(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

}  // namespace imagemill::image
