// The variables that AWS's own tools read, too.
#include "aws/s3_store.h"
#include "base/encodings.h"

namespace imagemill::aws {
namespace {

constexpr std::int64_t kAttemptsMax = 10;

Error refused(std::string_view variable, std::string_view value, std::string_view expected) {
    return {Code::invalid_argument, std::string(variable) + " is \"" + printable(value, 64) +
                                        "\"; expected " + std::string(expected) + "."};
}

Result<bool> boolean(const Environment& environment, std::string_view variable) {
    const auto value = environment(variable);
    if (!value || equal_ignoring_case(*value, "false")) return false;
    if (equal_ignoring_case(*value, "true")) return true;
    return refused(variable, *value, "true or false");
}

std::string first_of(const Environment& environment, std::string_view variable,
                     std::string_view other, std::string_view otherwise) {
    if (const auto value = environment(variable)) return *value;
    return environment(other).value_or(std::string(otherwise));
}

}  // namespace

Result<S3StoreOptions> s3_options_from_environment(const Environment& environment) {
    S3StoreOptions options;
    if (!TRY(boolean(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"))) {
        options.endpoint = first_of(environment, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "");
    }
    options.region = first_of(environment, "AWS_REGION", "AWS_DEFAULT_REGION", options.region);
    options.use_fips = TRY(boolean(environment, "AWS_USE_FIPS_ENDPOINT"));
    options.use_dualstack = TRY(boolean(environment, "AWS_USE_DUALSTACK_ENDPOINT"));
    if (const auto text = environment("AWS_MAX_ATTEMPTS")) {
        const auto attempts = parse_count(*text);
        if (!attempts || *attempts < 1 || *attempts > kAttemptsMax) {
            return refused("AWS_MAX_ATTEMPTS", *text,
                           "a number from 1 to " + std::to_string(kAttemptsMax));
        }
        options.attempts_max = static_cast<int>(*attempts);
    }
    return options;
}

}  // namespace imagemill::aws
