// body: what each fuzz target does with one input. Plain functions, so that libFuzzer drives them
// (entry.cpp) and a small program runs what it once found (replay.cpp).
//
// Shapes:  Of probe, lane and vips, an input is a picture and, behind it, kTailBytes that choose
//          what is asked for (choices.h); recipes takes the JSON itself. Of http, s3 and events,
//          its first line says what the rest is (wire.h).
// Errors:  a broken promise ends the process by CHECK; so does whatever a sanitizer sees.
#pragma once

#include "base/bytes.h"

namespace imagemill::fuzz {

void fuzz_probe(Bytes input);
void fuzz_recipes(Bytes input);
void fuzz_lane(Bytes input);
void fuzz_vips(Bytes input);
void fuzz_http(Bytes input);
void fuzz_s3(Bytes input);
void fuzz_events(Bytes input);

}  // namespace imagemill::fuzz
