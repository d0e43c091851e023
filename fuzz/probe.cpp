#include "base/check.h"
#include "body.h"
#include "choices.h"
#include "promises.h"

namespace imagemill::fuzz {
namespace {

// The header is read alike whatever lies behind it, so the answer is the same each time; and what
// the limits let through is within them.
void probe_within(Bytes picture, const image::Limits& limits) {
    const auto info = image::probe(picture, limits);
    const auto again = image::probe(picture, limits);
    CHECK(info.has_value() == again.has_value());
    if (!info) {
        check_error(info.error());
        CHECK(info.error().message == again.error().message);
        return;
    }
    check_info(*info, limits);
    CHECK(info->format == again->format && info->width == again->width &&
          info->height == again->height && info->frames == again->frames);
}

}  // namespace

void fuzz_probe(Bytes input) {
    const Bytes picture = split(input).picture;
    probe_within(picture, image::Limits{});
    probe_within(picture, small_limits());
}

}  // namespace imagemill::fuzz
