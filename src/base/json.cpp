#include "base/json.h"

#include <algorithm>

#include "base/encodings.h"

namespace imagemill {
namespace {

constexpr std::size_t kDepthMax = 32;
constexpr std::size_t kShownMax = 60;
constexpr std::size_t kPathMax = 200;

}  // namespace

Result<json::value> parse_json(std::string_view text) {
    json::error_code error;
    json::parse_options options;
    options.max_depth = kDepthMax;
    json::stream_parser parser(json::storage_ptr(), options);
    parser.write(text.data(), text.size(), error);
    if (!error) parser.finish(error);
    if (error) return Error{Code::invalid_argument, "This is not JSON: " + error.message() + "."};
    return parser.release();
}

Result<JsonReader> JsonReader::at(std::string_view name) const {
    auto member = TRY(find(name));
    if (!member) {
        return Error{Code::invalid_argument,
                     (path_.empty() ? "" : path_ + ".") + std::string(name) + ": is missing."};
    }
    return *member;
}

Result<std::optional<JsonReader>> JsonReader::find(std::string_view name) const {
    const json::object* object = value_->if_object();
    if (object == nullptr) return expected("an object");
    const json::value* member = object->if_contains(name);
    if (member == nullptr || member->is_null()) return std::optional<JsonReader>();
    return std::optional(
        JsonReader(*member, (path_.empty() ? "" : path_ + ".") + std::string(name)));
}

Result<void> JsonReader::only(std::span<const std::string_view> names) const {
    const json::object* object = value_->if_object();
    if (object == nullptr) return expected("an object");
    for (const auto& member : *object) {
        if (std::ranges::find(names, std::string_view(member.key())) != names.end()) continue;
        std::string known;
        for (const std::string_view name : names) {
            known += (known.empty() ? "" : ", ") + std::string(name);
        }
        return Error{Code::invalid_argument, (path_.empty() ? "" : path_ + ".") +
                                                 printable(member.key(), kShownMax) +
                                                 ": is not known here; known are: " + known + "."};
    }
    return {};
}

Result<std::vector<JsonReader>> JsonReader::elements() const {
    const json::array* array = value_->if_array();
    if (array == nullptr) return expected("a list");
    std::vector<JsonReader> readers;
    for (std::size_t i = 0; i < array->size(); ++i) {
        readers.emplace_back((*array)[i], path_ + "[" + std::to_string(i) + "]");
    }
    return readers;
}

Result<std::string> JsonReader::string() const {
    const json::string* text = value_->if_string();
    if (text == nullptr) return expected("a text");
    return std::string(*text);
}

Result<bool> JsonReader::boolean() const {
    const bool* flag = value_->if_bool();
    if (flag == nullptr) return expected("true or false");
    return *flag;
}

Result<std::int64_t> JsonReader::integer(std::int64_t min, std::int64_t max) const {
    json::error_code error;
    const auto number = value_->to_number<std::int64_t>(error);
    if (error || number < min || number > max) {
        return expected("a whole number from " + std::to_string(min) + " to " +
                        std::to_string(max));
    }
    return number;
}

Result<double> JsonReader::number() const {
    json::error_code error;
    const auto number = value_->to_number<double>(error);
    if (error) return expected("a number");
    return number;
}

Error JsonReader::expected(std::string_view what) const {
    const std::string found = printable(json::serialize(*value_), kShownMax);
    // A path may hold names that a stranger chose.
    const std::string place = path_.empty() ? "The document" : printable(path_, kPathMax);
    return {Code::invalid_argument,
            place + ": expected " + std::string(what) + ", found " + found + "."};
}

}  // namespace imagemill
