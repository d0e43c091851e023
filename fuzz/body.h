// body: what each fuzz target does with one input. Plain functions, so that libFuzzer drives them
// (entry.cpp) and a small program runs what it once found (replay.cpp).
//
// Shapes:  Of probe, lane and vips, an input is a picture and, behind it, kTailBytes that choose
//          what is asked for (choices.h); recipes takes the JSON itself.
// Errors:  a broken promise ends the process by CHECK; so does whatever a sanitizer sees.
#pragma once

#include "base/bytes.h"

namespace imagemill::fuzz {

void fuzz_probe(Bytes input);
void fuzz_recipes(Bytes input);
void fuzz_lane(Bytes input);
void fuzz_vips(Bytes input);

}  // namespace imagemill::fuzz
