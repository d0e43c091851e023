// Judges an SVG before a real parser sees it: no entities, nothing from outside the file, and how
// large it is. Scripts are let pass: the rasteriser runs none, and the SVG itself is only ever
// served as an attachment.
//
// Source: SVG 2, 8.2 (width, height, viewBox); CSS Values 4, 6.2 (absolute lengths).
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/encodings.h"
#include "image/probe/byte_reader.h"
#include "image/probe/codec.h"
#include "image/probe/xml_scan.h"

namespace imagemill::image {
namespace {

constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";

std::string_view text_of(Bytes input) {
    std::string_view text = as_text(input);
    if (text.starts_with(kUtf8Mark)) text.remove_prefix(kUtf8Mark.size());
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    return start == std::string_view::npos ? std::string_view{} : text.substr(start);
}

// A user unit is a CSS px; 96 to the inch.
std::optional<double> pixels_per(std::string_view unit) {
    struct Unit {
        std::string_view name;
        double pixels;
    };
    constexpr std::array kUnits{Unit{"", 1},           Unit{"px", 1},         Unit{"in", 96},
                                Unit{"cm", 96 / 2.54}, Unit{"mm", 96 / 25.4}, Unit{"pt", 96 / 72.0},
                                Unit{"pc", 16},        Unit{"q", 96 / 101.6}, Unit{"em", 12},
                                Unit{"rem", 12},       Unit{"ex", 6}};
    for (const Unit& candidate : kUnits) {
        if (equal_ignoring_case(candidate.name, unit)) return candidate.pixels;
    }
    return std::nullopt;  // Percent and the like: the viewBox decides.
}

// Takes a number off the front.
std::optional<double> take_number(std::string_view& text) {
    const std::size_t start = text.find_first_not_of(" \t\r\n,");
    text.remove_prefix(std::min(start, text.size()));
    if (text.starts_with('+')) text.remove_prefix(1);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || !std::isfinite(number)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

struct Extent {
    double width = 0;  // 0: not said.
    double height = 0;
};

double parse_length(std::string_view text) {
    const auto number = take_number(text);
    if (!number) return 0;
    const std::size_t end = text.find_last_not_of(" \t\r\n");
    const auto unit = pixels_per(text.substr(0, end == std::string_view::npos ? 0 : end + 1));
    return unit && *number > 0 ? *number * *unit : 0;
}

Extent parse_view_box(std::string_view text) {
    std::array<double, 4> numbers{};
    for (double& number : numbers) {
        const auto taken = take_number(text);
        if (!taken) return {};
        number = *taken;
    }
    return numbers[2] > 0 && numbers[3] > 0 ? Extent{numbers[2], numbers[3]} : Extent{};
}

int round_side(double side) {
    constexpr double kMax = std::numeric_limits<int>::max();
    return static_cast<int>(std::clamp(std::round(side), 1.0, kMax));
}

Result<Info> size_of(const XmlToken& root) {
    Extent said;
    Extent view_box;
    for (const XmlAttribute& attribute : root.attributes) {
        if (attribute.name == "width") said.width = parse_length(attribute.value);
        if (attribute.name == "height") said.height = parse_length(attribute.value);
        if (attribute.name == "viewBox") view_box = parse_view_box(attribute.value);
    }
    if (view_box.width > 0) {
        const double ratio = view_box.height / view_box.width;
        if (said.width > 0 && said.height <= 0) said.height = said.width * ratio;
        if (said.height > 0 && said.width <= 0) said.width = said.height / ratio;
        if (said.width <= 0) said = view_box;
    }
    if (said.width <= 0 || said.height <= 0) {
        return unsupported(
            "The SVG does not say how large it is; it needs a width and a height, or a viewBox.");
    }
    return Info{.format = Format::svg,
                .width = round_side(said.width),
                .height = round_side(said.height),
                .has_alpha = true};
}

Error refuse_reference(std::string_view reference) {
    return unsupported("The SVG refers to something outside itself (\"" + printable(reference, 80) +
                       "\"); only references inside the file and embedded pictures are followed.");
}

// data:image/png;base64,… is a picture in the picture: it has the same limits.
Result<void> check_embedded(std::string_view reference, const Limits& limits) {
    const std::size_t comma = reference.find(',');
    if (comma == std::string_view::npos) return refuse_reference(reference);
    const std::string head = to_lower(reference.substr(0, comma));
    if (!head.ends_with(";base64") || head.starts_with("data:image/svg")) {
        return unsupported(
            "The SVG embeds something that is not a JPEG, PNG, GIF or WebP in "
            "base64, which is not read here.");
    }
    const auto bytes = parse_base64(reference.substr(comma + 1));
    if (!bytes) return corrupt("A picture that the SVG embeds is not proper base64.");
    if (sniff_svg(*bytes)) {
        return unsupported("The SVG embeds another SVG, which is not read here.");
    }
    auto embedded = probe(*bytes, limits);
    if (embedded) return {};
    Error error = std::move(embedded).error();
    error.message = "The SVG embeds a picture that is refused: " + error.message;
    return error;
}

Result<void> check_reference(std::string_view reference, const Limits& limits) {
    const std::size_t start = reference.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return {};
    reference.remove_prefix(start);
    if (reference.starts_with('#')) return {};
    if (equal_ignoring_case(reference.substr(0, 11), "data:image/")) {
        return check_embedded(reference, limits);
    }
    return refuse_reference(reference);
}

// url(...) and @import, in an attribute or a style sheet.
Result<void> check_css(std::string_view css, const Limits& limits) {
    if (css.find('@') != std::string_view::npos &&
        to_lower(css).find("@import") != std::string::npos) {
        return refuse_reference("@import");
    }
    constexpr std::string_view kOpen = "url(";
    for (std::size_t at = css.find('('); at != std::string_view::npos; at = css.find('(', at + 1)) {
        if (at < 3 || !equal_ignoring_case(css.substr(at - 3, kOpen.size()), kOpen)) continue;
        std::string_view inside = css.substr(at + 1);
        const std::size_t start = inside.find_first_not_of(" \t\r\n\"'");
        inside.remove_prefix(std::min(start, inside.size()));
        if (inside.starts_with('#')) continue;  // Its end may be far off, for each of thousands.
        TRY(check_reference(inside.substr(0, inside.find_first_of(")\"'")), limits));
    }
    return {};
}

Result<void> check_attributes(const XmlToken& tag, const Limits& limits) {
    const bool is_link = local_name(tag.name) == "a";  // Where a click would lead: nothing loads.
    for (const XmlAttribute& attribute : tag.attributes) {
        const std::string_view name = local_name(attribute.name);
        if ((name == "href" && !is_link) || name == "src") {
            TRY(check_reference(attribute.value, limits));
        } else if (!attribute.name.starts_with("xmlns")) {
            TRY(check_css(attribute.value, limits));
        }
    }
    return {};
}

Result<void> check_doctype(const XmlToken& doctype) {
    if (doctype.text.ends_with('[')) {
        return unsupported("The SVG declares entities in its DOCTYPE, which are not read here.");
    }
    return {};
}

// Encodings in which the ASCII bytes mean ASCII, so that what was judged is what is parsed.
Result<void> check_instruction(const XmlToken& token) {
    if (token.name == "xml-stylesheet") return refuse_reference("xml-stylesheet");
    if (token.name != "xml") return {};
    for (const XmlAttribute& attribute : token.attributes) {
        if (attribute.name != "encoding") continue;
        const std::string encoding = to_lower(attribute.value);
        if (encoding == "utf-8" || encoding == "us-ascii" || encoding == "ascii" ||
            encoding == "iso-8859-1" || encoding == "windows-1252") {
            continue;
        }
        return unsupported("The SVG is encoded in \"" + printable(attribute.value, 40) +
                           "\"; only UTF-8 is read here.");
    }
    return {};
}

Result<void> check_token(const XmlToken& token, const Limits& limits) {
    switch (token.kind) {
        case XmlToken::Kind::open:
            return check_attributes(token, limits);
        case XmlToken::Kind::text:
            return check_css(token.text, limits);
        case XmlToken::Kind::instruction:
            return check_instruction(token);
        case XmlToken::Kind::doctype:
            return check_doctype(token);
        case XmlToken::Kind::close:
        case XmlToken::Kind::end:
            return {};
    }
    return {};
}

}  // namespace

bool sniff_svg(Bytes input) {
    const std::string_view text = text_of(input);
    if (!text.starts_with('<')) return false;
    // The root's name decides; before it come comments, instructions, a doctype. A text that is
    // broken before its root is an SVG if it names one early on.
    XmlScanner scanner(text);
    XmlToken token;
    while (scanner.next(token) && token.kind != XmlToken::Kind::end) {
        if (token.kind == XmlToken::Kind::open) return local_name(token.name) == "svg";
        if (token.kind == XmlToken::Kind::doctype) {
            return token.text.find("svg") != std::string_view::npos;
        }
    }
    return text.substr(0, 512).find("<svg") != std::string_view::npos;
}

Result<Info> probe_svg(Bytes input, const Limits& limits) {
    XmlScanner scanner(text_of(input));
    XmlToken token;
    std::optional<Info> info;
    while (true) {
        TRY(scanner.next(token));
        if (token.kind == XmlToken::Kind::end) break;
        TRY(check_token(token, limits));
        if (token.kind == XmlToken::Kind::open && !info) info = TRY(size_of(token));
    }
    if (!info) return corrupt("The SVG ends before its picture begins.");
    return *info;
}

}  // namespace imagemill::image
