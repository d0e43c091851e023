#include "rendition_options.h"

#include <array>
#include <charconv>
#include <optional>

namespace imagemill {
namespace {

enum class Kind { word, number, flag, rectangle };

struct Option {
    const char* name;  // As on the command line, without its hyphens.
    Kind kind;
    const char* help;
};

constexpr std::array kOptions{
    Option{"crop", Kind::rectangle, "x,y,width,height: the part that is used, in its own pixels"},
    Option{"rotate", Kind::number, "0, 90, 180 or 270 degrees, clockwise"},
    Option{"flip", Kind::word, "none, horizontal, vertical or both"},
    Option{"width", Kind::number, "Of the box, in pixels"},
    Option{"height", Kind::number, "Of the box, in pixels"},
    Option{"dpr", Kind::number, "Device pixels to one of width and height"},
    Option{"fit", Kind::word, "inside, outside, cover, contain or fill"},
    Option{"gravity", Kind::word, "What `cover` keeps: center, north, …, attention, entropy"},
    Option{"enlarge", Kind::flag, "May make a picture larger"},
    Option{"background", Kind::word, "#rrggbb[aa]"},
    Option{"blur", Kind::number, "Standard deviation, in pixels of the result"},
    Option{"sharpen", Kind::number, "Standard deviation, in pixels of the result"},
    Option{"format", Kind::word, "auto, same, jpeg, png, webp, avif or gif"},
    Option{"quality", Kind::number, "1 to 100"},
    Option{"effort", Kind::number, "0 to 9"},
    Option{"max-bytes", Kind::number, "Lowers the quality until the file fits"},
    Option{"progressive", Kind::flag, "JPEG in scans, PNG interlaced"},
    Option{"metadata", Kind::word, "strip, copyright or all"},
    Option{"color", Kind::word, "srgb or keep"},
};

// A number where the whole text is one; else the text, which the parser of recipes then refuses.
json::value parse_number(std::string_view text) {
    const char* end = text.data() + text.size();
    std::int64_t whole = 0;
    if (const auto parsed = std::from_chars(text.data(), end, whole);
        parsed.ec == std::errc() && parsed.ptr == end) {
        return whole;
    }
    double number = 0;
    if (const auto parsed = std::from_chars(text.data(), end, number);
        parsed.ec == std::errc() && parsed.ptr == end) {
        return number;
    }
    return json::string(text);
}

// "100,50,800,600".
json::value parse_rectangle(std::string_view text) {
    constexpr std::array kSides{"x", "y", "width", "height"};
    json::object rectangle;
    for (const char* side : kSides) {
        const std::size_t comma = text.find(',');
        const bool is_last = side == kSides.back();
        if (text.empty() || (comma == std::string_view::npos) != is_last) {
            return json::string(text);
        }
        rectangle[side] = parse_number(text.substr(0, comma));
        text = is_last ? std::string_view() : text.substr(comma + 1);
    }
    return rectangle;
}

json::value parse(Kind kind, const std::string& text) {
    switch (kind) {
        case Kind::number:
            return parse_number(text);
        case Kind::rectangle:
            return parse_rectangle(text);
        case Kind::word:
        case Kind::flag:
            break;
    }
    return json::string(text);
}

std::string field_name(std::string_view option) {
    std::string name(option);
    for (char& c : name) {
        if (c == '-') c = '_';
    }
    return name;
}

}  // namespace

void add_rendition_options(CLI::App& command, CLI::Option& recipes, RenditionOptions& options) {
    for (const Option& option : kOptions) {
        const std::string name = std::string("--") + option.name;
        json::object& fields = options.fields;
        const std::string field = field_name(option.name);
        CLI::Option* added =
            option.kind == Kind::flag
                ? command.add_flag_callback(
                      name, [&fields, field] { fields[field] = true; }, option.help)
                : command.add_option_function<std::string>(
                      name,
                      [&fields, field, kind = option.kind](const std::string& text) {
                          fields[field] = parse(kind, text);
                      },
                      option.help);
        added->excludes(&recipes);
    }
}

std::string recipes_of(const RenditionOptions& options) {
    json::object rendition = options.fields;
    rendition["name"] = "resized";
    if (!rendition.contains("width") && !rendition.contains("height")) {
        rendition["width"] = rendition["height"] = 800;
    }
    const json::array renditions{std::move(rendition)};
    return json::serialize(json::object{
        {"rules", json::array{json::object{{"prefix", ""}, {"renditions", renditions}}}}});
}

}  // namespace imagemill
