// outcome: a value, or an S3 error as it will be sent.
//
// Shapes:  Result's shape (base/result.h) with aws::S3Error in the place of Error, because S3's
//          clients act on its own codes and elements. TRY works with both, and an Error of the
//          store becomes the S3 error it stands for on the way out.
// Threads: plain values.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "aws/s3_xml.h"
#include "base/result.h"
#include "http/message.h"
#include "local/s3/failure.h"

namespace imagemill::local::s3 {

template <typename T>
class [[nodiscard]] Outcome {
  public:
    // Implicit on purpose, as in Result: `return value;` and `return error;` are the ways out.
    Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}             // NOLINT
    Outcome(aws::S3Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT
    Outcome(const Error& error) : state_(std::in_place_index<1>, of_store(error)) {}   // NOLINT

    explicit operator bool() const { return state_.index() == 0; }
    T& operator*() & { return value(); }
    T&& operator*() && { return std::move(value()); }
    T* operator->() { return &value(); }

    const aws::S3Error& error() const& {
        CHECK(state_.index() == 1);
        return *std::get_if<1>(&state_);
    }
    aws::S3Error&& error() && {
        CHECK(state_.index() == 1);
        return std::move(*std::get_if<1>(&state_));
    }

  private:
    T& value() {
        CHECK(state_.index() == 0);
        return *std::get_if<0>(&state_);
    }

    std::variant<T, aws::S3Error> state_;
};

template <>
class [[nodiscard]] Outcome<void> {
  public:
    Outcome() = default;
    Outcome(aws::S3Error error) : error_(std::move(error)) {}  // NOLINT: as above
    Outcome(const Error& error) : error_(of_store(error)) {}   // NOLINT

    explicit operator bool() const { return !error_; }
    void operator*() const { CHECK(!error_); }

    const aws::S3Error& error() const& {
        CHECK(error_.has_value());
        return *error_;
    }
    aws::S3Error&& error() && {
        CHECK(error_.has_value());
        return std::move(*error_);
    }

  private:
    std::optional<aws::S3Error> error_;
};

using Answer = Outcome<http::Response>;

}  // namespace imagemill::local::s3
