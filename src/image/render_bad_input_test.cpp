#include <gtest/gtest.h>
#include <vips/vips.h>

#include <atomic>
#include <set>
#include <thread>

#include "image/test_files.h"
#include "image/test_pictures.h"

namespace imagemill::image {
namespace {

test::Grid noise(Size size) {
    std::uint32_t state = 7;
    return test::paint(size, 3, [&state](int, int) -> Color {
        state = state * 1664525 + 1013904223;
        return {std::uint8_t(state >> 24), std::uint8_t(state >> 16), std::uint8_t(state >> 8)};
    });
}

Error refusal(Bytes file, const Spec& spec = {}) {
    auto rendered = render(file, {&spec, 1}, {});
    if (!rendered) return std::move(rendered).error();
    return {.code = Code::internal, .message = "accepted"};
}

TEST(RenderBadInput, CallsAFileCutInHalfCorrupt) {
    for (const bool progressive : {false, true}) {
        const Buffer file =
            test::write(noise({300, 200}), Format::jpeg, {.progressive = progressive});
        const Error error = refusal(Bytes(file).first(file.size() / 2));
        EXPECT_EQ(error.code, Code::corrupt);
        EXPECT_EQ(error.message.find('\n'), std::string::npos);
    }
    for (const Format format :
         {Format::png, Format::webp, Format::gif, Format::avif, Format::tiff}) {
        const Buffer file = test::write(noise({100, 80}), format);
        const Error error = refusal(Bytes(file).first(file.size() / 2));
        EXPECT_EQ(error.code, Code::corrupt) << name_of(format) << ": " << error.message;
    }
}

TEST(RenderBadInput, SaysInOneSentenceWhatIsWrongAndWhatLibvipsSaid) {
    const Buffer file = test::write(noise({100, 80}), Format::png);
    const std::string message = refusal(Bytes(file).first(file.size() / 2)).message;
    EXPECT_TRUE(
        message.starts_with("The PNG is damaged or ends early: its header can be read, "
                            "but its pixels cannot (libvips: "))
        << message;
    EXPECT_TRUE(message.ends_with(").")) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST(RenderBadInput, NamesItForSeveralSpecsToo) {
    const Buffer file = test::write(noise({300, 200}), Format::jpeg);
    const std::vector<Spec> specs{{.width = 100}, {.width = 50}};
    const auto rendered = render(Bytes(file).first(file.size() / 2), specs, {});
    ASSERT_FALSE(rendered);
    EXPECT_EQ(rendered.error().code, Code::corrupt);
}

// The SVG library quotes a foreign root's namespace.
TEST(RenderBadInput, IsNotMisledByWhatLibvipsQuotesFromTheFile) {
    const Error error =
        refusal(as_bytes("<svg xmlns='out of memory' width='9' height='9'><g/></svg>"));
    EXPECT_EQ(error.code, Code::corrupt) << error.message;
    EXPECT_NE(error.message.find("out of memory"), std::string::npos) << error.message;
}

TEST(RenderBadInput, SurvivesHeadersWithNothingBehindThem) {
    for (const std::string& file :
         {test::jpeg({}), test::png(7, 5, 6), test::avif({}), test::tiff({}),
          test::webp(test::webp_chunk("VP8L", std::string("\x2f\0\0\0\0", 5)))}) {
        EXPECT_EQ(refusal(as_bytes(file)).code, Code::corrupt) << file.substr(0, 4);
    }
}

TEST(RenderBadInput, SurvivesDamageAnywhere) {
    for (const Format format :
         {Format::jpeg, Format::png, Format::webp, Format::gif, Format::avif, Format::tiff}) {
        const Buffer file = test::write(noise({24, 16}), format);
        for (std::size_t at = 0; at < file.size(); at += 1 + file.size() / 60) {
            Buffer damaged = file;
            damaged[at] ^= std::byte{0x5a};
            const Spec spec{.width = 12};
            const auto rendered = render(damaged, {&spec, 1}, {.limits = {.pixels_max = 100'000}});
            if (!rendered) {
                EXPECT_NE(rendered.error().code, Code::internal) << rendered.error().message;
            }
        }
    }
}

TEST(RenderBadInput, HoldsTheLimitsBeforeAnythingElse) {
    EXPECT_EQ(refusal(as_bytes(test::png(60'000, 60'000, 2))).code, Code::too_large);
    EXPECT_EQ(refusal(as_bytes(test::gif({.width = 1000, .height = 1000, .frames = 500}))).code,
              Code::too_large);
    const Buffer file = test::write(noise({20, 10}), Format::png);
    const Spec spec;
    EXPECT_TRUE(render(file, {&spec, 1}, {.limits = {.pixels_max = 200}}));
    EXPECT_FALSE(render(file, {&spec, 1}, {.limits = {.pixels_max = 199}}));
}

TEST(RenderBadInput, RefusesASpecThatContradictsItself) {
    const Buffer file = test::write(noise({20, 10}), Format::png);
    EXPECT_EQ(refusal(file, {.quality = 0}).code, Code::invalid_argument);
    EXPECT_EQ(refusal(file, {.choice = FormatChoice::named, .format = Format::svg}).code,
              Code::invalid_argument);
}

TEST(RenderBadInput, DrawsNothingFromOutsideAnSvg) {
    const std::string file = test::svg("width='9' height='9'", "<image href='/etc/passwd'/>");
    EXPECT_EQ(refusal(as_bytes(file)).code, Code::unsupported);
}

TEST(RenderStop, EndsWithTimeout) {
    const Buffer file = test::write(noise({400, 300}), Format::png);
    for (const Format into : {Format::jpeg, Format::webp, Format::avif, Format::gif}) {
        const Spec spec{.choice = FormatChoice::named, .format = into};
        const auto never = render(file, {&spec, 1}, {.stop = [] { return true; }});
        ASSERT_FALSE(never);
        EXPECT_EQ(never.error().code, Code::timeout);

        std::atomic<int> asked = 0;
        const auto counted = render(file, {&spec, 1}, {.stop = [&] {
                                        ++asked;
                                        return false;
                                    }});
        ASSERT_TRUE(counted) << counted.error().message;
        EXPECT_GE(asked, 3);

        // Before the decoder, before the encoder and after it, at the least.
        for (const int patience : {1, 2}) {
            std::atomic<int> left = patience;
            const auto late = render(file, {&spec, 1}, {.stop = [&] { return --left < 0; }});
            ASSERT_FALSE(late) << name_of(into) << " " << patience;
            EXPECT_EQ(late.error().code, Code::timeout) << late.error().message;
        }
    }
}

TEST(RenderThreads, RenderSideBySide) {
    const Buffer file = test::write(noise({200, 150}), Format::jpeg);
    const Spec spec{.width = 60};
    const auto expected = render(file, {&spec, 1}, {});
    ASSERT_TRUE(expected);
    std::atomic<int> same = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 6; ++i) {
            threads.emplace_back([&] {
                for (int round = 0; round < 3; ++round) {
                    const auto rendered = render(file, {&spec, 1}, {});
                    if (rendered && rendered->outputs[0].bytes == expected->outputs[0].bytes) {
                        ++same;
                    }
                }
            });
        }
    }
    EXPECT_EQ(same, 18);
}

// Collects what may still be called of libvips's ways to read and write files.
void* collect(GType type, void* names) {
    const auto* operation = static_cast<VipsOperationClass*>(g_type_class_ref(type));
    if (!G_TYPE_IS_ABSTRACT(type) && (operation->flags & VIPS_OPERATION_BLOCKED) == 0) {
        static_cast<std::set<std::string>*>(names)->insert(g_type_name(type));
    }
    return nullptr;
}

TEST(RenderContainment, LeavesOnlyTheNamedLoadersAndSaversOpen) {
    const Buffer file = test::write(noise({20, 10}), Format::png);
    const Spec spec;
    ASSERT_TRUE(render(file, {&spec, 1}, {}));

    std::set<std::string> open;
    vips_type_map_all(g_type_from_name("VipsForeign"), collect, &open);
    EXPECT_EQ(
        open,
        (std::set<std::string>{
            "VipsForeignLoadHeifBuffer", "VipsForeignLoadJpegBuffer", "VipsForeignLoadNsgifBuffer",
            "VipsForeignLoadPngBuffer", "VipsForeignLoadSvgBuffer", "VipsForeignLoadTiffBuffer",
            "VipsForeignLoadWebpBuffer", "VipsForeignSaveCgifBuffer", "VipsForeignSaveHeifBuffer",
            "VipsForeignSaveJpegBuffer", "VipsForeignSavePngBuffer", "VipsForeignSaveWebpBuffer"}));
}

}  // namespace
}  // namespace imagemill::image
