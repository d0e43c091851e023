// s3_kinds: the kinds of input that the target s3 knows, each with its promises.
//
// Shapes:  as wire.h; each says what its argument is.
// Errors:  a broken promise ends the process by CHECK.
#pragma once

#include <string_view>

#include "wire.h"

namespace imagemill::fuzz {

// s3_chunks.cpp: bodies in pieces (aws-chunked).
void run_unsigned_chunks(std::string_view argument, std::string_view body);
void run_signed_chunks(std::string_view argument, std::string_view body);

// s3_requests.cpp: who asks, and for what.
void run_request(std::string_view argument, std::string_view body);
void run_form(std::string_view argument, std::string_view body);
void run_tags(std::string_view argument, std::string_view body);
void run_copy_source(std::string_view argument, std::string_view body);
void run_token(std::string_view argument, std::string_view body);
void run_range(std::string_view argument, std::string_view body);
void run_conditions(std::string_view argument, std::string_view body);

// s3_xml.cpp: XML that clients send, and that we are sent. The argument is the root.
void run_xml(std::string_view argument, std::string_view body);

}  // namespace imagemill::fuzz
