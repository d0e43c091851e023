// xml_writer: S3's XML, element by element.
//
// Shapes:  Elements are opened and closed in pairs by the caller. Text is escaped.
// Threads: one.
// Source:  XML 1.0, 2.4; S3's own way with characters that XML has no place for.
#pragma once

#include <string>
#include <string_view>

namespace imagemill::aws {

class XmlWriter final {
  public:
    // Opens the root, in S3's namespace.
    explicit XmlWriter(std::string_view root);
    // In no namespace: S3's errors and a few answers.
    static XmlWriter bare(std::string_view root);

    void open(std::string_view name);
    void close(std::string_view name);
    void element(std::string_view name, std::string_view text);
    void element(std::string_view name, bool value) { element(name, value ? "true" : "false"); }
    // Chars would rather be bools than texts.
    void element(std::string_view name, const char* text) { element(name, std::string_view(text)); }

    // Elements that are written out already.
    void append_raw(std::string_view xml) { xml_ += xml; }

    // Closes the root. Once.
    std::string finish();

  private:
    XmlWriter() = default;

    std::string xml_;
    std::string root_;
};

// Control characters have no place in XML 1.0, not even as references; S3 sends references all the
// same, and clients that meet such keys ask for encoding-type=url. NUL becomes "?"; so does, of a
// text that is not UTF-8, each byte that does not belong and each control character.
std::string escape_xml(std::string_view text);

}  // namespace imagemill::aws
