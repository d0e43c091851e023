// content_disposition: the header that names a download, safe whatever the name holds.
//
// Shapes:  inline; filename="cat.jpg"; filename*=UTF-8''c%C3%A4t.jpg
//          Quotes, backslashes, control and directional characters are dropped; a slash, and a byte
//          that is no UTF-8, becomes "_". What is not ASCII, and "%", becomes "_" in the plain
//          form; the extended form is left out where both say the same. No name, no parameter.
// Threads: pure function.
// Source:  RFC 6266, RFC 8187.
#pragma once

#include <string>
#include <string_view>

namespace imagemill::http {

enum class Disposition { inline_view, attachment };

std::string format_content_disposition(Disposition disposition, std::string_view filename);

}  // namespace imagemill::http
