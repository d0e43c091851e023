#include <vector>

#include "base/check.h"
#include "body.h"
#include "choices.h"
#include "promises.h"

namespace imagemill::fuzz {
namespace {

struct Wish {
    std::vector<image::Spec> specs;
    int asks_max = 0;  // How often `stop` says no before it says yes; 0: always no.
};

Wish choose_wish(Bytes tail) {
    Choices choices(tail);
    Wish wish;
    wish.specs.push_back(choose_spec(choices));
    if (choices.seldom(4)) wish.asks_max = choices.byte();
    // A second rendition from the same decode, by what bytes are left.
    if (choices.seldom(3)) wish.specs.push_back(choose_spec(choices));
    return wish;
}

Result<image::Rendered> render_by(image::Lane lane, Bytes picture, const Wish& wish) {
    int asks = 0;
    const auto stop = [&] { return wish.asks_max > 0 && ++asks > wish.asks_max; };
    auto rendered =
        image::render(picture, wish.specs, {.limits = small_limits(), .stop = stop, .lane = lane});
    if (!rendered) {
        check_error(rendered.error());
        CHECK(rendered.error().code != Code::timeout || wish.asks_max > 0);
        // The engine is here, and so is memory.
        CHECK(rendered.error().code != Code::unavailable);
        return rendered;
    }
    check_rendered(*rendered, wish.specs);
    CHECK(rendered->lane == lane);
    return rendered;
}

// Whichever lane takes a picture, the answer looks the same from outside.
void check_agreement(const image::Rendered& a, const image::Rendered& b) {
    CHECK(a.source.width == b.source.width && a.source.height == b.source.height);
    for (std::size_t i = 0; i < a.outputs.size(); ++i) {
        CHECK(a.outputs[i].format == b.outputs[i].format);
        CHECK(a.outputs[i].width == b.outputs[i].width);
        CHECK(a.outputs[i].height == b.outputs[i].height);
    }
}

}  // namespace

void fuzz_lane(Bytes input) {
    const auto [picture, tail] = split(input);
    const Wish wish = choose_wish(tail);
    const auto rendered = render_by(image::Lane::jpeg, picture, wish);
    if (!rendered || wish.asks_max > 0) return;
    const auto again = render_by(image::Lane::libvips, picture, wish);
    if (again) check_agreement(*rendered, *again);
}

void fuzz_vips(Bytes input) {
    const auto [picture, tail] = split(input);
    const Wish wish = choose_wish(tail);
    const auto rendered = render_by(image::Lane::libvips, picture, wish);
    static_cast<void>(rendered);
}

}  // namespace imagemill::fuzz
