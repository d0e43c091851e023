#include "local/s3/bucket_name.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace imagemill::local::s3 {
namespace {

constexpr std::size_t kSizeMin = 3;
constexpr std::size_t kSizeMax = 63;
constexpr std::array<std::string_view, 3> kReservedPrefixes{"xn--", "sthree-", "amzn-s3-demo-"};
constexpr std::array<std::string_view, 6> kReservedSuffixes{"-s3alias", "--ol-s3",    ".mrap",
                                                            "--x-s3",   "--table-s3", "-an"};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c);
}

// Four numbers between dots.
bool is_ipv4(std::string_view name) {
    const bool only_numbers =
        std::ranges::all_of(name, [](char c) { return is_digit(c) || c == '.'; });
    return only_numbers && std::ranges::count(name, '.') == 3;
}

std::optional<std::string> broken_rule(std::string_view name) {
    if (name.size() < kSizeMin || name.size() > kSizeMax) {
        return "It has " + std::to_string(name.size()) + " characters; 3 to 63 are allowed.";
    }
    const bool right_characters = std::ranges::all_of(
        name, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-'; });
    if (!right_characters) return "Only a-z, 0-9, \".\" and \"-\" are allowed.";
    if (!is_letter_or_digit(name.front()) || !is_letter_or_digit(name.back())) {
        return "It must begin and end with a letter or a digit.";
    }
    if (name.find("..") != std::string_view::npos) return "Two dots may not follow each other.";
    if (is_ipv4(name)) return "It may not look like an IP address.";
    for (const std::string_view prefix : kReservedPrefixes) {
        if (name.starts_with(prefix)) return "It may not begin with " + std::string(prefix) + ".";
    }
    for (const std::string_view suffix : kReservedSuffixes) {
        if (name.ends_with(suffix)) return "It may not end with " + std::string(suffix) + ".";
    }
    return std::nullopt;
}

}  // namespace

Outcome<void> check_bucket_name(const std::string& name) {
    const std::optional<std::string> rule = broken_rule(name);
    if (!rule) return {};
    return aws::S3Error{.code = "InvalidBucketName",
                        .status = 400,
                        .message = "The specified bucket is not valid. " + *rule,
                        .details = {{"BucketName", name}}};
}

}  // namespace imagemill::local::s3
