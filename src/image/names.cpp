#include <algorithm>
#include <array>

#include "base/check.h"
#include "image/image.h"

namespace imagemill::image {
namespace {

struct FormatRow {
    Format format;
    std::string_view name;
    std::string_view media_type;
    std::string_view extension;
    bool can_write = false;
    bool can_animate = false;
    bool has_quality = false;
};

constexpr std::array kFormats{
    FormatRow{Format::jpeg, "jpeg", "image/jpeg", "jpg", true, false, true},
    FormatRow{Format::png, "png", "image/png", "png", true, false, false},
    FormatRow{Format::webp, "webp", "image/webp", "webp", true, true, true},
    FormatRow{Format::gif, "gif", "image/gif", "gif", true, true, false},
    FormatRow{Format::avif, "avif", "image/avif", "avif", true, false, true},
    FormatRow{Format::tiff, "tiff", "image/tiff", "tif"},
    FormatRow{Format::svg, "svg", "image/svg+xml", "svg"},
    FormatRow{Format::heic, "heic", "image/heic", "heic"},
    FormatRow{Format::bmp, "bmp", "image/bmp", "bmp"},
};

template <typename Enum>
struct Named {
    Enum value;
    std::string_view name;
};
// Clang 14 does not deduce aggregates by itself.
template <typename Enum>
Named(Enum, std::string_view) -> Named<Enum>;

constexpr std::array kFits{
    Named{Fit::inside, "inside"},   Named{Fit::outside, "outside"}, Named{Fit::cover, "cover"},
    Named{Fit::contain, "contain"}, Named{Fit::fill, "fill"},
};

constexpr std::array kGravities{
    Named{Gravity::center, "center"},       Named{Gravity::north, "north"},
    Named{Gravity::northeast, "northeast"}, Named{Gravity::east, "east"},
    Named{Gravity::southeast, "southeast"}, Named{Gravity::south, "south"},
    Named{Gravity::southwest, "southwest"}, Named{Gravity::west, "west"},
    Named{Gravity::northwest, "northwest"}, Named{Gravity::attention, "attention"},
    Named{Gravity::entropy, "entropy"},
};

constexpr std::array kFlips{
    Named{Flip::none, "none"},
    Named{Flip::horizontal, "horizontal"},
    Named{Flip::vertical, "vertical"},
    Named{Flip::both, "both"},
};

constexpr std::array kMetadata{
    Named{Metadata::strip, "strip"},
    Named{Metadata::copyright, "copyright"},
    Named{Metadata::all, "all"},
};

constexpr std::array kColorSpaces{
    Named{ColorSpace::srgb, "srgb"},
    Named{ColorSpace::keep, "keep"},
};

constexpr std::array kLanes{
    Named{Lane::automatic, "automatic"},
    Named{Lane::jpeg, "jpeg"},
    Named{Lane::libvips, "libvips"},
};

const FormatRow& row_of(Format format) {
    const auto row = std::ranges::find(kFormats, format, &FormatRow::format);
    CHECK(row != kFormats.end());
    return *row;
}

template <typename Table, typename Enum>
std::string_view name_in(const Table& table, Enum value) {
    for (const auto& row : table) {
        if (row.value == value) return row.name;
    }
    CHECK(false);
    return {};
}

template <typename Enum, std::size_t count>
std::optional<Enum> value_in(const std::array<Named<Enum>, count>& table, std::string_view name) {
    for (const auto& row : table) {
        if (row.name == name) return row.value;
    }
    return std::nullopt;
}

}  // namespace

std::string_view name_of(Format format) {
    return row_of(format).name;
}
std::string_view media_type_of(Format format) {
    return row_of(format).media_type;
}
std::string_view extension_of(Format format) {
    return row_of(format).extension;
}
bool can_write(Format format) {
    return row_of(format).can_write;
}
bool can_animate(Format format) {
    return row_of(format).can_animate;
}
bool has_quality(Format format) {
    return row_of(format).has_quality;
}
std::optional<Format> format_named(std::string_view name) {
    if (name == "jpg") return Format::jpeg;  // What half the world writes.
    const auto row = std::ranges::find(kFormats, name, &FormatRow::name);
    if (row == kFormats.end()) return std::nullopt;
    return row->format;
}

std::string_view name_of(Fit fit) {
    return name_in(kFits, fit);
}
std::optional<Fit> fit_named(std::string_view name) {
    return value_in(kFits, name);
}

std::string_view name_of(Gravity gravity) {
    return name_in(kGravities, gravity);
}
std::optional<Gravity> gravity_named(std::string_view name) {
    return value_in(kGravities, name);
}

std::string_view name_of(Flip flip) {
    return name_in(kFlips, flip);
}
std::optional<Flip> flip_named(std::string_view name) {
    return value_in(kFlips, name);
}

std::string_view name_of(Metadata metadata) {
    return name_in(kMetadata, metadata);
}
std::optional<Metadata> metadata_named(std::string_view name) {
    return value_in(kMetadata, name);
}

std::string_view name_of(ColorSpace color) {
    return name_in(kColorSpaces, color);
}
std::optional<ColorSpace> color_space_named(std::string_view name) {
    return value_in(kColorSpaces, name);
}

std::string_view name_of(Lane lane) {
    return name_in(kLanes, lane);
}

}  // namespace imagemill::image
