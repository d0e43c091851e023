#include <gtest/gtest.h>

#include "base/encodings.h"
#include "image/test_files.h"

namespace imagemill::image {
namespace {

struct Seen {
    int width = 0;
    int height = 0;
    friend bool operator==(const Seen&, const Seen&) = default;
};

Seen size_of(std::string_view attributes) {
    const auto info = probe(as_bytes(test::svg(attributes)), {});
    return info ? Seen{info->width, info->height} : Seen{};
}

std::string refusal_of(std::string_view file) {
    const auto info = probe(as_bytes(file), {});
    return info ? "accepted" : info.error().message;
}
std::string refusal_inside(std::string_view inside) {
    return refusal_of(test::svg("width='9' height='9'", inside));
}

TEST(ProbeSvg, ReadsSizesAsCssDoes) {
    EXPECT_EQ(size_of("width='300' height='150'"), (Seen{300, 150}));
    EXPECT_EQ(size_of("width='300px' height='150.6 px'"), (Seen{}));  // No space before a unit.
    EXPECT_EQ(size_of("width='1in' height='2.54cm'"), (Seen{96, 96}));
    EXPECT_EQ(size_of("width='25.4mm' height='72pt'"), (Seen{96, 96}));
    EXPECT_EQ(size_of("width='6pc' height='101.6Q'"), (Seen{96, 96}));
    EXPECT_EQ(size_of("width='1e2' height='+5'"), (Seen{100, 5}));
    EXPECT_EQ(size_of("width='0.2' height='0.2'"), (Seen{1, 1}));
}

TEST(ProbeSvg, TakesWhatIsNotSaidFromTheViewBox) {
    EXPECT_EQ(size_of("viewBox='0 0 40 20'"), (Seen{40, 20}));
    EXPECT_EQ(size_of("viewBox='0,0,40,20' width='100'"), (Seen{100, 50}));
    EXPECT_EQ(size_of("viewBox='0 0 40 20' height='100'"), (Seen{200, 100}));
    EXPECT_EQ(size_of("viewBox='0 0 40 20' width='100%' height='100%'"), (Seen{40, 20}));
    EXPECT_NE(refusal_of(test::svg("")).find("viewBox"), std::string::npos);
    EXPECT_NE(refusal_of(test::svg("width='nan' height='inf'")).find("viewBox"), std::string::npos);
}

TEST(ProbeSvg, AppliesTheLimitsToTheRaster) {
    const auto info = probe(as_bytes(test::svg("width='1e9' height='1e9'")), {});
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, Code::too_large);
    EXPECT_EQ(info.error().exceeded->setting, "IMAGEMILL_MAX_PIXELS");
}

TEST(ProbeSvg, FindsTheRootBehindWhateverComesFirst) {
    const std::string root = test::svg("width='9' height='9'");
    EXPECT_EQ(refusal_of("\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>\n" + root),
              "accepted");
    EXPECT_EQ(refusal_of("<!-- a > b --><!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" "
                         "\"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">" +
                         root),
              "accepted");
    EXPECT_EQ(refusal_of("<s:svg xmlns:s='http://www.w3.org/2000/svg' width='9' height='9'/>"),
              "accepted");
}

TEST(ProbeSvg, RefusesAnEntityBomb) {
    const std::string bomb =
        "<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>]>" +
        test::svg("width='9' height='9'", "<text>&b;</text>");
    EXPECT_NE(refusal_of(bomb).find("entities"), std::string::npos);
}

TEST(ProbeSvg, RefusesWhatLiesOutsideTheFile) {
    for (const std::string_view inside :
         {"<image href='http://example.com/a.png'/>", "<image xlink:href='file:///etc/passwd'/>",
          "<image href = \"a.png\"/>", "<use href='other.svg#a'/>",
          "<rect fill='url(http://example.com/#a)'/>", "<rect style='fill:URL( \"x.svg#a\" )'/>",
          "<style>@import 'a.css';</style>", "<style><![CDATA[@IMPORT url(a.css)]]></style>",
          "<style>a{src:url(font.woff)}</style>", "<xi:include href='/etc/passwd'/>",
          "<image href='&#104;ttp://example.com/'/>", "<script src='a.js'/>"}) {
        EXPECT_NE(refusal_inside(inside).find("outside itself"), std::string::npos) << inside;
    }
    const std::string root = test::svg("width='9' height='9'");
    EXPECT_NE(refusal_of("<?xml-stylesheet href='a.css'?>" + root).find("outside itself"),
              std::string::npos);
}

TEST(ProbeSvg, LetsHarmlessReferencesPass) {
    for (const std::string_view inside :
         {"<use href='#a'/>", "<rect fill='url(#a)' style='mask:url( \"#b\" )'/>",
          "<a href='https://example.com/'><rect/></a>", "<style>a{fill:url(#b)}</style>",
          "<script>alert(1)</script>", "<text>translate(1) and (2)</text>", "<image href=''/>"}) {
        EXPECT_EQ(refusal_inside(inside), "accepted") << inside;
    }
}

// A million that do not end, in 5 MB: whoever looks for each one's end does not come back.
TEST(ProbeSvg, PassesOverReferencesWithoutAnEnd) {
    std::string style;
    for (int i = 0; i < 1'000'000; ++i) style += "url(#";
    EXPECT_EQ(refusal_inside("<style>" + style + "</style>"), "accepted");
    EXPECT_NE(refusal_inside("<style>" + style + "url(a.svg</style>").find("outside itself"),
              std::string::npos);
}

TEST(ProbeSvg, HoldsEmbeddedPicturesToTheLimits) {
    const auto embed = [](std::string_view type, std::string_view file) {
        return "<image href='data:image/" + std::string(type) + ";base64," +
               format_base64(as_bytes(file)) + "'/>";
    };
    EXPECT_EQ(refusal_inside(embed("png", test::png(5, 5, 2))), "accepted");
    EXPECT_NE(refusal_inside(embed("png", test::png(60'000, 60'000, 2))).find("megapixels"),
              std::string::npos);
    EXPECT_NE(refusal_inside(embed("png", "text")).find("embeds"), std::string::npos);
    EXPECT_NE(refusal_inside(embed("svg+xml", test::svg("width='9' height='9'"))).find("embeds"),
              std::string::npos);
    EXPECT_NE(refusal_inside(embed("png", test::svg("width='9' height='9'"))).find("another SVG"),
              std::string::npos);
    EXPECT_NE(refusal_inside("<image href='data:image/png;base64,!!!'/>").find("base64"),
              std::string::npos);
}

TEST(ProbeSvg, RefusesEncodingsThatHideTags) {
    const std::string root = test::svg("width='9' height='9'");
    EXPECT_NE(refusal_of("<?xml version='1.0' encoding='UTF-7'?>" + root).find("UTF-8"),
              std::string::npos);
}

TEST(ProbeSvg, SaysNothingThatIsNoText) {
    for (const std::string_view file :
         {"<svg width='9' height='9'><a\x01\xff\n</svg>",
          "<svg width='9'><use href='\xc3('/></svg>", "<?xml encoding='\x9f\x06'?><svg/>"}) {
        const std::string refusal = refusal_of(file);
        EXPECT_TRUE(is_utf8(refusal)) << refusal;
        EXPECT_EQ(printable(refusal, 1'000), refusal);
    }
}

TEST(ProbeSvg, CallsBrokenXmlCorrupt) {
    for (const std::string_view file : {"<svg width='9' height='9'", "<svg width=9 height='9'/>",
                                        "<svg width='9", "<svg width='9' height='9'><!-- "}) {
        const auto info = probe(as_bytes(file), {});
        ASSERT_FALSE(info) << file;
        EXPECT_EQ(info.error().code, Code::corrupt) << file;
    }
}

}  // namespace
}  // namespace imagemill::image
