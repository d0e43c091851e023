// result: a value or an error. Failure here is data: it becomes an HTTP status, an S3 code or a
// manifest that says why, and the reader sees every such path.
//
// Shapes:  Result<T> holds a T or an Error; Result<void> holds nothing or an Error.
//          TRY(expression) is the value, or returns the Error from the enclosing function:
//              auto image = TRY(decode(bytes));
//          It never nests: one TRY a statement.
// Threads: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace imagemill {

// What kind of failure; the message says what and which. docs/architecture.md maps them to HTTP.
enum class Code {
    invalid_argument,  // The request contradicts itself or a rule.
    corrupt,           // The bytes end early or break their own format.
    too_large,         // A limit; `Error::exceeded` names it.
    unsupported,       // Understood, and not done here.
    no_such_key,
    no_such_bucket,
    no_such_upload,
    precondition_failed,  // If-Match or If-None-Match did not hold.
    conflict,             // Lost a race; starting over may succeed.
    unauthenticated,      // Who are you?
    forbidden,            // You may not.
    busy,                 // A bound on work in progress; later may succeed.
    timeout,
    unavailable,  // A peer or the disk; later may succeed.
    internal,     // A bug here.
};

std::string_view name_of(Code code);

// A limit that was passed: what a person needs to change it.
struct Exceeded {
    std::string setting;        // As it is written: "IMAGEMILL_MAX_PIXELS".
    std::int64_t limit = 0;     // In the setting's unit.
    std::int64_t measured = 0;  // The same unit.
    friend bool operator==(const Exceeded&, const Exceeded&) = default;
};

struct Error {
    Code code = Code::internal;
    std::string message;  // A sentence for a person: what and which; never a secret.
    std::optional<Exceeded> exceeded = std::nullopt;
};

template <typename T>
class [[nodiscard]] Result {
  public:
    // Implicit on purpose: `return value;` and `return Error{...};` are the only two ways out.
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

    explicit operator bool() const { return state_.index() == 0; }
    bool has_value() const { return state_.index() == 0; }

    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(value()); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    const Error& error() const& {
        CHECK(state_.index() == 1);
        return *std::get_if<1>(&state_);
    }
    Error&& error() && {
        CHECK(state_.index() == 1);
        return std::move(*std::get_if<1>(&state_));
    }

  private:
    T& value() {
        CHECK(state_.index() == 0);
        return *std::get_if<0>(&state_);
    }
    const T& value() const {
        CHECK(state_.index() == 0);
        return *std::get_if<0>(&state_);
    }

    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}  // NOLINT: as above

    explicit operator bool() const { return !error_; }
    bool has_value() const { return !error_; }
    void operator*() const { CHECK(!error_); }

    const Error& error() const& {
        CHECK(error_.has_value());
        return *error_;
    }
    Error&& error() && {
        CHECK(error_.has_value());
        return std::move(*error_);
    }

  private:
    std::optional<Error> error_;
};

}  // namespace imagemill

#define TRY(...)                                                 \
    __extension__({                                              \
        auto try_result = (__VA_ARGS__);                         \
        if (!try_result) return ::std::move(try_result).error(); \
        *::std::move(try_result);                                \
    })
