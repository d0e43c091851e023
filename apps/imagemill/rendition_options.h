// rendition_options: a rendition's fields as options of the command line.
//
// Shapes:  Each option is a field of docs/recipes.md with hyphens for underscores. What was given
// is
//          kept as JSON, for the one parser of recipes to check: its errors are the command's.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/json.h"

namespace imagemill {

struct RenditionOptions {
    json::object fields;
};

// None of them goes with `recipes`.
void add_rendition_options(CLI::App& command, CLI::Option& recipes, RenditionOptions& options);
// One rule for every file, with one rendition called resized; inside 800×800 where no side is
// given.
std::string recipes_of(const RenditionOptions& options);

}  // namespace imagemill
