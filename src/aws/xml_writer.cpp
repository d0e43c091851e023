#include "aws/xml_writer.h"

#include <utility>

#include "base/encodings.h"

namespace imagemill::aws {
namespace {

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view kNamespace = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

std::string_view entity_of(char c) {
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        default:
            return {};
    }
}

}  // namespace

XmlWriter::XmlWriter(std::string_view root)
    : xml_(std::string(kDeclaration) + "<" + std::string(root) + std::string(kNamespace) + ">"),
      root_(root) {}

XmlWriter XmlWriter::bare(std::string_view root) {
    XmlWriter writer;
    writer.xml_ = kDeclaration;
    writer.root_ = root;
    writer.open(root);
    return writer;
}

void XmlWriter::open(std::string_view name) {
    xml_.append("<").append(name).append(">");
}

void XmlWriter::close(std::string_view name) {
    xml_.append("</").append(name).append(">");
}

void XmlWriter::element(std::string_view name, std::string_view text) {
    open(name);
    xml_ += escape_xml(text);
    close(name);
}

std::string XmlWriter::finish() {
    close(root_);
    return std::move(xml_);
}

std::string escape_xml(std::string_view text) {
    // An error repeats what was asked, whatever bytes that were.
    if (!is_utf8(text)) return escape_xml(printable(text, text.size()));
    std::string escaped;
    escaped.reserve(text.size());
    for (const char c : text) {
        const bool is_control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
        if (c == '\0') {
            escaped += '?';
        } else if (is_control) {
            escaped += "&#" + std::to_string(static_cast<int>(c)) + ";";
        } else if (const std::string_view entity = entity_of(c); !entity.empty()) {
            escaped += entity;
        } else {
            escaped += c;
        }
    }
    return escaped;
}

}  // namespace imagemill::aws
