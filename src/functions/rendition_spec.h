// rendition_spec: one rendition of a recipe, as JSON and as what the engine is asked for.
//
// Shapes:  {"name":"small","width":96,"fit":"cover", …}; docs/recipes.md has every field.
// Errors:  invalid_argument with the field's path and what was expected; unknown fields too.
// Threads: plain values.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "image/image.h"

namespace imagemill::functions {

inline constexpr int kRenditionNameBytesMax = 32;
inline constexpr int kRenditionSideMax = 16'384;
inline constexpr std::int64_t kRenditionBytesMax = 1'000'000'000;

struct RenditionSpec {
    std::string name;  // [a-z0-9]+
    image::Spec spec;
};

Result<RenditionSpec> parse_rendition_spec(const JsonReader& reader);
// Its inverse: what is not as by default, in one order and one spelling.
json::object format_rendition_spec(const RenditionSpec& rendition);

// "#ff8800", or "#ff880080" with an alpha; format_color leaves out an alpha of ff.
Result<image::Color> parse_color(std::string_view text);
std::string format_color(const image::Color& color);

}  // namespace imagemill::functions
