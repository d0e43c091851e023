#include "functions/rendition_spec.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <vector>

#include "base/bytes.h"
#include "base/encodings.h"

namespace imagemill::functions {
namespace {

using image::Spec;

std::string format_number(double value) {
    std::ostringstream text;
    text << value;
    return text.str();
}

Result<double> number_within(const JsonReader& field, double min, double max) {
    const std::string range = "a number from " + format_number(min) + " to " + format_number(max);
    const auto number = field.number();
    if (!number || !(*number >= min && *number <= max)) return field.expected(range);
    return *number;
}

// A field that holds one of a handful of words.
template <typename Enum>
Result<Enum> one_of(const JsonReader& field, std::optional<Enum> (*named)(std::string_view),
                    std::string_view words) {
    const auto value = named(TRY(field.string()));
    if (value) return *value;
    return field.expected("one of " + std::string(words));
}

Result<int> side_of(const JsonReader& field) {
    return static_cast<int>(TRY(field.integer(1, kRenditionSideMax)));
}

json::value unless(bool is_default, json::value value) {
    return is_default ? json::value() : std::move(value);
}
json::value unless(bool is_default, std::string_view word) {
    return unless(is_default, json::value(json::string(word)));
}

Result<void> parse_crop(const JsonReader& field, Spec& spec) {
    TRY(field.only({"x", "y", "width", "height"}));
    const auto corner = [&field](std::string_view name) -> Result<int> {
        const auto found = TRY(field.find(name));
        return found ? static_cast<int>(TRY(found->integer(0, 1'000'000))) : 0;
    };
    const auto side = [&field](std::string_view name) -> Result<int> {
        const JsonReader found = TRY(field.at(name));
        return static_cast<int>(TRY(found.integer(1, 1'000'000)));
    };
    spec.crop = image::Rect{.x = TRY(corner("x")),
                            .y = TRY(corner("y")),
                            .width = TRY(side("width")),
                            .height = TRY(side("height"))};
    return {};
}

json::value format_crop(const Spec& spec) {
    if (!spec.crop) return {};
    return json::object{{"x", spec.crop->x},
                        {"y", spec.crop->y},
                        {"width", spec.crop->width},
                        {"height", spec.crop->height}};
}

Result<void> parse_rotate(const JsonReader& field, Spec& spec) {
    const auto degrees = field.integer(0, 270);
    if (!degrees || *degrees % 90 != 0) return field.expected("one of 0, 90, 180, 270");
    spec.rotate = static_cast<int>(*degrees);
    return {};
}

constexpr std::array kWritten = {image::Format::jpeg, image::Format::png, image::Format::webp,
                                 image::Format::avif, image::Format::gif};

Result<void> parse_format(const JsonReader& field, Spec& spec) {
    const std::string text = TRY(field.string());
    const auto format = std::ranges::find(
        kWritten, text, [](image::Format written) { return image::name_of(written); });
    if (text == "auto") {
        spec.choice = image::FormatChoice::automatic;
    } else if (text == "same") {
        spec.choice = image::FormatChoice::same;
    } else if (format != kWritten.end()) {
        spec.choice = image::FormatChoice::named;
        spec.format = *format;
    } else {
        return field.expected("one of auto, same, jpeg, png, webp, avif, gif");
    }
    return {};
}

json::value format_format(const Spec& spec) {
    switch (spec.choice) {
        case image::FormatChoice::automatic:
            return {};
        case image::FormatChoice::same:
            return "same";
        case image::FormatChoice::named:
            return json::string(image::name_of(spec.format));
    }
    return {};
}

Result<void> parse_background(const JsonReader& field, Spec& spec) {
    const auto color = parse_color(TRY(field.string()));
    if (!color) return field.expected("a colour such as \"#ff8800\" or \"#ff880080\"");
    spec.background = *color;
    return {};
}

struct Field {
    std::string_view name;
    Result<void> (*parse)(const JsonReader& field, Spec& spec);
    json::value (*format)(const Spec& spec);  // Null where it is as by default.
};

const Spec kDefault;

constexpr std::array kFields{
    Field{"crop", parse_crop, format_crop},
    Field{"rotate", parse_rotate, [](const Spec& s) { return unless(s.rotate == 0, s.rotate); }},
    Field{
        "flip",
        [](const JsonReader& field, Spec& spec) -> Result<void> {
            spec.flip = TRY(one_of(field, image::flip_named, "none, horizontal, vertical, both"));
            return {};
        },
        [](const Spec& s) { return unless(s.flip == image::Flip::none, image::name_of(s.flip)); }},
    Field{"width",
          [](const JsonReader& field, Spec& spec) -> Result<void> {
              spec.width = TRY(side_of(field));
              return {};
          },
          [](const Spec& s) { return unless(s.width == 0, s.width); }},
    Field{"height",
          [](const JsonReader& field, Spec& spec) -> Result<void> {
              spec.height = TRY(side_of(field));
              return {};
          },
          [](const Spec& s) { return unless(s.height == 0, s.height); }},
    Field{"dpr",
          [](const JsonReader& field, Spec& spec) -> Result<void> {
              spec.dpr = TRY(number_within(field, image::kDprMin, image::kDprMax));
              return {};
          },
          [](const Spec& s) { return unless(s.dpr == kDefault.dpr, s.dpr); }},
    Field{"fit",
          [](const JsonReader& field, Spec& spec) -> Result<void> {
              spec.fit =
                  TRY(one_of(field, image::fit_named, "inside, outside, cover, contain, fill"));
              return {};
          },
          [](const Spec& s) { return unless(s.fit == kDefault.fit, image::name_of(s.fit)); }},
    Field{"gravity",
          [](const JsonReader& field, Spec& spec) -> Result<void> {
              spec.gravity = TRY(one_of(field, image::gravity_named,
                                        "center, north, northeast, east, southeast, south, "
                                        "southwest, west, northwest, attention, entropy"));
              return {};
          },
          [](const Spec& s) {
              return unless(s.gravity == kDefault.gravity, image::name_of(s.gravity));
          }},
    Field{"enlarge",
          [](const JsonReader& field, Spec& spec) -> Result<void> {
              spec.enlarge = TRY(field.boolean());
              return {};
          },
          [](const Spec& s) { return unless(!s.enlarge, s.enlarge); }},
    Field{"background", parse_background,
          [](const Spec& s) {
              return s.background ? json::value(format_color(*s.background)) : json::value();
          }},
    Field{"blur",
          [](const JsonReader& field, Spec& spec) -> Result<void> {
              spec.blur = TRY(number_within(field, image::kSigmaMin, image::kSigmaMax));
              return {};
          },
          [](const Spec& s) { return unless(s.blur == 0, s.blur); }},
    Field{"sharpen",
          [](const JsonReader& field, Spec& spec) -> Result<void> {
              spec.sharpen = TRY(number_within(field, image::kSigmaMin, image::kSigmaMax));
              return {};
          },
          [](const Spec& s) { return unless(s.sharpen == 0, s.sharpen); }},
    Field{"format", parse_format, format_format},
    Field{"quality",
          [](const JsonReader& field, Spec& spec) -> Result<void> {
              spec.quality = static_cast<int>(TRY(field.integer(1, 100)));
              return {};
          },
          [](const Spec& s) { return unless(s.quality == kDefault.quality, s.quality); }},
    Field{"effort",
          [](const JsonReader& field, Spec& spec) -> Result<void> {
              spec.effort = static_cast<int>(TRY(field.integer(0, 9)));
              return {};
          },
          [](const Spec& s) { return s.effort ? json::value(*s.effort) : json::value(); }},
    Field{"max_bytes",
          [](const JsonReader& field, Spec& spec) -> Result<void> {
              spec.bytes_max = TRY(field.integer(1, kRenditionBytesMax));
              return {};
          },
          [](const Spec& s) { return unless(s.bytes_max == 0, s.bytes_max); }},
    Field{
        "progressive",
        [](const JsonReader& field, Spec& spec) -> Result<void> {
            spec.progressive = TRY(field.boolean());
            return {};
        },
        [](const Spec& s) { return s.progressive ? json::value(*s.progressive) : json::value(); }},
    Field{"metadata",
          [](const JsonReader& field, Spec& spec) -> Result<void> {
              spec.metadata = TRY(one_of(field, image::metadata_named, "strip, copyright, all"));
              return {};
          },
          [](const Spec& s) {
              return unless(s.metadata == kDefault.metadata, image::name_of(s.metadata));
          }},
    Field{"color",
          [](const JsonReader& field, Spec& spec) -> Result<void> {
              spec.color = TRY(one_of(field, image::color_space_named, "srgb, keep"));
              return {};
          },
          [](const Spec& s) { return unless(s.color == kDefault.color, image::name_of(s.color)); }},
};

// Only a JPEG and a PNG can be. What auto and same take is not known before the picture is.
Result<void> check_progressive(const JsonReader& field, const Spec& spec) {
    const bool can_be = spec.choice != image::FormatChoice::named ||
                        spec.format == image::Format::jpeg || spec.format == image::Format::png;
    if (can_be || spec.progressive != true) return {};
    return field.expected("false or nothing where the format is " +
                          std::string(image::name_of(spec.format)) +
                          ", as only jpeg and png can be progressive");
}

// Those of kFields, and the name.
std::vector<std::string_view> field_names() {
    std::vector<std::string_view> names{"name"};
    for (const Field& field : kFields) names.push_back(field.name);
    return names;
}

bool is_rendition_name(std::string_view name) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= kRenditionNameBytesMax &&
           std::ranges::all_of(name, allowed);
}

}  // namespace

Result<RenditionSpec> parse_rendition_spec(const JsonReader& reader) {
    TRY(reader.only(field_names()));
    const JsonReader name = TRY(reader.at("name"));
    RenditionSpec rendition = {.name = TRY(name.string()), .spec = {}};
    if (!is_rendition_name(rendition.name)) {
        return name.expected("1 to 32 characters, each a lower-case letter or a digit");
    }
    for (const Field& field : kFields) {
        const auto found = TRY(reader.find(field.name));
        if (found) TRY(field.parse(*found, rendition.spec));
    }
    const auto progressive = TRY(reader.find("progressive"));
    if (progressive) TRY(check_progressive(*progressive, rendition.spec));
    return rendition;
}

json::object format_rendition_spec(const RenditionSpec& rendition) {
    json::object object{{"name", rendition.name}};
    for (const Field& field : kFields) {
        json::value value = field.format(rendition.spec);
        if (!value.is_null()) object[field.name] = std::move(value);
    }
    return object;
}

Result<image::Color> parse_color(std::string_view text) {
    const Error error = {Code::invalid_argument, "A colour is #rrggbb or #rrggbbaa."};
    if (!text.starts_with('#') || (text.size() != 7 && text.size() != 9)) return error;
    const auto bytes = parse_hex(text.substr(1));
    if (!bytes) return error;
    const auto channel = [&](std::size_t i) { return std::to_integer<std::uint8_t>((*bytes)[i]); };
    return image::Color{.red = channel(0),
                        .green = channel(1),
                        .blue = channel(2),
                        .alpha = bytes->size() == 4 ? channel(3) : std::uint8_t{255}};
}

std::string format_color(const image::Color& color) {
    const std::array<std::byte, 4> channels = {std::byte{color.red}, std::byte{color.green},
                                               std::byte{color.blue}, std::byte{color.alpha}};
    return "#" + format_hex(Bytes(channels).first(color.alpha == 255 ? 3 : 4));
}

}  // namespace imagemill::functions
