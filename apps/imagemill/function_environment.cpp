#include "function_environment.h"

#include <optional>

#include "files.h"
#include "local/webhook/webhook_settings.h"

namespace imagemill {
namespace {

constexpr const char* kEventsTokenVariable = "IMAGEMILL_EVENTS_TOKEN";
constexpr const char* kRecipes = "IMAGEMILL_RECIPES";
constexpr std::size_t kRecipesBytesMax = 100'000;  // They travel in an environment variable.
constexpr std::int64_t kUploadBytesMax = 50'000'000;
constexpr std::int64_t kUploadBytesMaxOnAws = 4'000'000;

}  // namespace

std::string events_token(const CloudOptions& options) {
    const auto found = options.environment.find(kEventsTokenVariable);
    return found == options.environment.end() ? "" : found->second;
}

std::string recipes_path(const CloudOptions& options) {
    if (!options.recipes.empty()) return options.recipes;
    const auto found = options.environment.find(kRecipes);
    const bool is_path =
        found != options.environment.end() && found->second.find('{') == std::string::npos;
    return is_path ? found->second : "";
}

Result<FunctionEnvironment> read_function_environment(const CloudOptions& options) {
    FunctionEnvironment made;
    std::map<std::string, std::string>& variables = made.variables;
    variables = options.environment;
    // The receiver, its secret and the store's token are the server's own affair.
    std::erase_if(variables, [](const auto& variable) {
        return variable.first.starts_with(local::kWebhookVariables);
    });
    variables.erase(kEventsTokenVariable);
    variables.emplace("IMAGEMILL_SOURCE_BUCKET", "image-upload-source-bucket");
    variables.emplace("IMAGEMILL_DESTINATION_BUCKET", "image-resized-output-bucket");
    variables.emplace("IMAGEMILL_NAMES", is_loopback(options.host) ? "keep" : "random");
    variables.emplace("IMAGEMILL_MAX_UPLOAD_BYTES",
                      std::to_string(options.aws_limits ? kUploadBytesMaxOnAws : kUploadBytesMax));
    const std::string path = recipes_path(options);
    if (!path.empty()) variables[kRecipes] = TRY(read_file(path));
    const std::size_t size = variables[kRecipes].size();
    if (size > kRecipesBytesMax) {
        return Error{Code::too_large, "The recipes are " + std::to_string(size) +
                                          " bytes; at most " + std::to_string(kRecipesBytesMax) +
                                          " are taken."};
    }
    made.settings = TRY(functions::parse_settings(
        [&](std::string_view name) -> std::optional<std::string> {
            const auto found = variables.find(std::string(name));
            if (found == variables.end() || found->second.empty()) return std::nullopt;
            return found->second;
        },
        read_file));
    return made;
}

bool is_loopback(const std::string& host) {
    return host == "127.0.0.1" || host == "::1" || host == "localhost";
}

}  // namespace imagemill
