// base64_lanes: whole groups of base64, 32 characters at a time. Private to encodings.
//
// Shapes:  Both work from the front and say how many bytes of their input they took: a multiple of
//          a group, up to the last bytes, which are left to the plain loops. `to` has room for what
//          all of the input makes; of decode_lanes plus kLaneSlack bytes.
// Threads: pure.
// Cost:    some 10 GB/s where the CPU has AVX2; elsewhere they take nothing.
// Source:  Muła, Lemire: "Faster Base64 Encoding and Decoding Using AVX2 Instructions", 2018.
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace imagemill {

constexpr std::size_t kLaneSlack = 8;

std::size_t encode_lanes(Bytes from, char* to);
// Stops before what is not of the alphabet.
std::size_t decode_lanes(std::string_view from, std::byte* to);

}  // namespace imagemill
