// promises: what holds for every answer of the engine, whatever the input.
//
// Errors:  a broken promise ends the process by CHECK.
#pragma once

#include "base/result.h"
#include "image/image.h"

namespace imagemill::fuzz {

// A sentence a person can be shown; `exceeded` where, and only where, a limit was passed; never
// that the fault is ours.
void check_error(const Error& error);

// At least 1×1, and within the limits.
void check_info(const image::Info& info, const image::Limits& limits);

// `rendered` answers `specs`: as many outputs, each a file that reads as what it is said to be.
void check_rendered(const image::Rendered& rendered, std::span<const image::Spec> specs);

}  // namespace imagemill::fuzz
