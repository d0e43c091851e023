// settings: what the functions are told by their environment, read once and checked.
//
// Errors:  invalid_argument names the variable, what was expected and what was found.
// Threads: plain values.
// Source:  docs/settings.md lists every variable; AWS Lambda sets AWS_… ones.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "functions/recipes.h"
#include "image/image.h"

namespace imagemill::functions {

enum class Names { keep, random };

struct Settings {
    std::string source_bucket = "image-upload-source-bucket";        // IMAGEMILL_SOURCE_BUCKET
    std::string destination_bucket = "image-resized-output-bucket";  // IMAGEMILL_DESTINATION_BUCKET
    Recipes recipes = default_recipes();         // IMAGEMILL_RECIPES: JSON, or a file's path
    Names names = Names::random;                 // IMAGEMILL_NAMES: keep | random
    int url_seconds = 3600;                      // IMAGEMILL_URL_SECONDS, 1..604800
    std::string upload_token = {};               // IMAGEMILL_UPLOAD_TOKEN; empty: anyone
    std::vector<std::string> cors_origins = {};  // IMAGEMILL_CORS_ORIGINS, comma-separated
    std::int64_t upload_bytes_max = 4'000'000;   // IMAGEMILL_MAX_UPLOAD_BYTES: through the gateway
    image::Limits limits = {};                   // IMAGEMILL_MAX_…, and what Lambda gives
    int render_seconds_max = 30;                 // IMAGEMILL_MAX_SECONDS
};

// Nothing where a variable is unset or empty.
using Variables = std::function<std::optional<std::string>(std::string_view name)>;
// The content of a file, for IMAGEMILL_RECIPES; functions open none themselves.
using ReadFile = std::function<Result<std::string>(const std::string& path)>;

Result<Settings> parse_settings(const Variables& variables, const ReadFile& read_file);

// The present value of a limit by its variable's name; nothing for any other name.
std::optional<std::int64_t> find_limit(const Settings& settings, std::string_view name);

}  // namespace imagemill::functions
