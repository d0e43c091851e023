// json: Boost.JSON without exceptions, and a reader that knows where it is, so that an error names
// the field: "rules[0].renditions[1].width: expected a whole number from 1 to 16384, found
// \"big\"".
//
// Errors:  invalid_argument, always with the path of the field.
// Threads: plain values.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace imagemill {

namespace json = boost::json;

// Depth is bounded (32), a duplicate key's last value wins, the whole text must be one value.
Result<json::value> parse_json(std::string_view text);

// A borrowed value and its path. Cheap to copy; the json::value must outlive it.
class JsonReader final {
  public:
    explicit JsonReader(const json::value& value, std::string path = "")
        : value_(&value), path_(std::move(path)) {}

    const std::string& path() const { return path_; }
    const json::value& value() const { return *value_; }
    bool is_null() const { return value_->is_null(); }

    // Of an object: the member, an error where it is missing; or nothing where absent or null.
    Result<JsonReader> at(std::string_view name) const;
    Result<std::optional<JsonReader>> find(std::string_view name) const;
    // Refuses a member whose name is none of these, and offers the list.
    Result<void> only(std::initializer_list<std::string_view> names) const {
        return only(std::span(names.begin(), names.size()));
    }
    Result<void> only(std::span<const std::string_view> names) const;

    // Of an array.
    Result<std::vector<JsonReader>> elements() const;

    Result<std::string> string() const;
    Result<bool> boolean() const;
    Result<std::int64_t> integer(std::int64_t min, std::int64_t max) const;
    Result<double> number() const;

    // An error at this path: expected(“a colour such as #ff8800”).
    Error expected(std::string_view what) const;

  private:
    const json::value* value_;
    std::string path_;
};

}  // namespace imagemill
