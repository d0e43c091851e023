// encodings: bytes as text (hex, base64, percent) and what is valid UTF-8.
//
// Errors:  parse_x and decode_x refuse a character or length that does not belong:
//          invalid_argument, and the message names the first wrong character's place.
// Threads: pure functions.
// Source:  RFC 4648 (hex, base64), RFC 3986 2 (percent), RFC 3629 (UTF-8).
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace imagemill {

std::string format_hex(Bytes bytes);  // Lower case.
Result<Buffer> parse_hex(std::string_view text);

std::string format_base64(Bytes bytes);              // With padding, no line breaks.
void append_base64(std::string& out, Bytes bytes);   // A multiple of 3 bytes but for the last call.
Result<Buffer> parse_base64(std::string_view text);  // White space is skipped; padding optional.

enum class Slash { keep, encode };
// All but A-Z a-z 0-9 - . _ ~ becomes %XX, upper case: AWS's UriEncode.
std::string percent_encode(std::string_view text, Slash slash);
// %XX to bytes; '+' stays. A '%' without two hex digits is an error.
Result<std::string> percent_decode(std::string_view text);
// As HTML forms do it: '+' is a space, both ways. S3 event keys and query strings of pages.
std::string form_encode(std::string_view text);
Result<std::string> form_decode(std::string_view text);

bool is_utf8(std::string_view text);
// The longest prefix of whole characters that fits in `size_max` bytes.
std::string_view utf8_prefix(std::string_view text, std::size_t size_max);
// What a stranger wrote, fit to stand in a message: "?" for each control character and for each
// byte that is not UTF-8; cut to whole characters in `size_max` bytes, and then with "…" behind.
std::string printable(std::string_view text, std::size_t size_max);

std::string to_lower(std::string_view text);  // ASCII only.
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);  // Spaces and tabs off both ends.
// Decimal digits only, no sign, no overflow.
Result<std::int64_t> parse_count(std::string_view text);

}  // namespace imagemill
