#include "image/vips/picture.h"

#include <gtest/gtest.h>

#include <atomic>

namespace imagemill::image {
namespace {

// Frames of 120×120, one below the other, whose rows are made as they are asked for.
constexpr int kSide = 120;
constexpr int kFrames = 100;

int make_rows(VipsRegion* region, void*, void* made, void*, gboolean*) {
    const VipsRect& area = region->valid;
    std::uint32_t state = static_cast<std::uint32_t>(area.top + 1);
    for (int y = area.top; y < area.top + area.height; ++y) {
        VipsPel* row = VIPS_REGION_ADDR(region, area.left, y);
        for (std::size_t i = 0; i < VIPS_REGION_SIZEOF_LINE(region); ++i) {
            state = state * 1664525 + 1013904223;
            row[i] = static_cast<VipsPel>(i % 4 == 3 ? 255 : state >> 24);
        }
    }
    *static_cast<std::atomic<int>*>(made) += area.height;
    return 0;
}

Picture film(std::atomic<int>& made) {
    EXPECT_EQ(vips_init("test"), 0);
    Picture picture(vips_image_new());
    VipsImage* image = picture.get();
    vips_image_init_fields(image, kSide, kSide * kFrames, 4, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                           VIPS_INTERPRETATION_sRGB, 1, 1);
    EXPECT_EQ(vips_image_pipelinev(image, VIPS_DEMAND_STYLE_THINSTRIP, nullptr), 0);
    EXPECT_EQ(vips_image_generate(image, nullptr, make_rows, nullptr, &made, nullptr), 0);
    vips_image_set_int(image, VIPS_META_PAGE_HEIGHT, kSide);
    return picture;
}

using Save = int (*)(VipsImage* image, void** bytes, std::size_t* size);

struct Saver {
    const char* name;
    Save save;
};
const Saver kSavers[] = {
    {"gif",
     [](VipsImage* image, void** bytes, std::size_t* size) {
         return vips_gifsave_buffer(image, bytes, size, "effort", 1, nullptr);
     }},
    {"webp",
     [](VipsImage* image, void** bytes, std::size_t* size) {
         return vips_webpsave_buffer(image, bytes, size, "effort", 0, nullptr);
     }},
    {"png", [](VipsImage* image, void** bytes,
               std::size_t* size) { return vips_pngsave_buffer(image, bytes, size, nullptr); }},
    {"jpeg", [](VipsImage* image, void** bytes,
                std::size_t* size) { return vips_jpegsave_buffer(image, bytes, size, nullptr); }},
};

// libvips is two buffers of 512 rows ahead of an encoder.
TEST(Watch, EndsAnEncodeInTheMiddle) {
    for (const Saver& saver : kSavers) {
        for (const int patience : {1, 3'000, 9'000}) {
            std::atomic<int> made = 0;
            const Stop stop = [&] { return made >= patience; };
            Watch watch(stop);
            const Picture picture = film(made);
            watch.over(picture);
            void* bytes = nullptr;
            std::size_t size = 0;
            EXPECT_NE(saver.save(picture.get(), &bytes, &size), 0) << saver.name;
            g_free(bytes);
            EXPECT_EQ(watch.failure(Code::internal, "It failed").code, Code::timeout);
            EXPECT_LE(made, patience + 1'024) << saver.name;
        }
    }
}

// A drawing is made in squares of 2000 pixels.
TEST(Watch, EndsADrawingBetweenItsSquares) {
    ASSERT_EQ(vips_init("test"), 0);
    std::string svg = "<svg xmlns='http://www.w3.org/2000/svg' width='10' height='1000'></svg>";
    const auto draw = [&svg](const Stop& stop) {
        Watch watch(stop);
        VipsImage* out = nullptr;
        EXPECT_EQ(vips_svgload_buffer(svg.data(), svg.size(), &out, "scale", 10.0, nullptr), 0);
        const Picture picture(out);
        watch.over(picture);
        return Picture(vips_image_copy_memory(picture.get())) != nullptr;
    };
    int all = 0;
    EXPECT_TRUE(draw([&] { return ++all > 1'000'000; }));
    EXPECT_GE(all, 5);
    for (int patience = 0; patience < 5; ++patience) {
        int asked = 0;
        EXPECT_FALSE(draw([&] { return ++asked > patience; }));
        EXPECT_EQ(asked, patience + 1);
    }
}

}  // namespace
}  // namespace imagemill::image
