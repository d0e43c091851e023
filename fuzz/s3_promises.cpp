#include "s3_promises.h"

#include <pugixml.hpp>

#include "base/check.h"
#include "base/encodings.h"

namespace imagemill::fuzz {

void check_s3_error(const aws::S3Error& error) {
    CHECK(!error.code.empty() && !error.message.empty());
    CHECK(error.status >= 300 && error.status <= 501 && error.status != 500);
    const std::string xml = aws::format_error(error, "id", "host");
    CHECK(is_utf8(xml) && xml.find('\0') == std::string::npos);
    pugi::xml_document document;
    CHECK(document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8));
    CHECK(document.child("Error").child_value("Code") == error.code);
}

}  // namespace imagemill::fuzz
