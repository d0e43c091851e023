// random: bytes nobody can guess, and the ids made of them.
//
// Threads: any.  Cost: one getrandom(2).
#pragma once

#include <string>

#include "base/bytes.h"

namespace imagemill {

Buffer random_bytes(std::size_t count);
std::string random_hex(std::size_t byte_count);  // Two digits a byte, lower case.
std::string random_uuid();                       // RFC 9562, version 4.

}  // namespace imagemill
