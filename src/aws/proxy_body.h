// proxy_body: what both halves of the proxy integration need to know of bodies and headers.
// Private to aws.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/json.h"

namespace imagemill::aws {

// Whether a body of this type travels as text; API Gateway's list, and the bytes must allow it.
bool travels_as_text(std::string_view content_type, Bytes body);

// JSON holds UTF-8 only: what is none is taken as Latin-1, as HTTP once had it.
std::string json_text(std::string_view text);

// Headers that belong to one connection, and the length, which each hop knows itself.
bool is_hop_header(std::string_view name);

// The envelope's members, then "body" and "isBase64Encoded", put into the text as they are built:
// a body of 50 MB never becomes a JSON value.
std::string format_envelope(const json::object& envelope, std::string_view content_type,
                            Bytes body);

// "body" and "isBase64Encoded" of an event or an answer.
Result<Buffer> parse_body(const JsonReader& envelope);

}  // namespace imagemill::aws
