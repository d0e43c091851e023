// content_disposition: the header that names a download, safe whatever the name holds.
//
// Shapes:  inline; filename="cat.jpg"; filename*=UTF-8''c%C3%A4t.jpg
//          Quotes, backslashes and control characters are dropped; what is not ASCII becomes "_" in
//          the plain form; the extended form is left out where both say the same.
// Source:  RFC 6266, RFC 8187.
#pragma once

#include <string>
#include <string_view>

namespace imagemill::http {

enum class Disposition { inline_view, attachment };

std::string format_content_disposition(Disposition disposition, std::string_view filename);

}  // namespace imagemill::http
