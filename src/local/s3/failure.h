// failure: the S3 errors that several operations answer, each with its code, status and elements.
//
// Threads: pure functions.
// Source:  Amazon S3 API reference, "Error responses"; texts as clients know them from AWS.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "aws/s3_xml.h"
#include "base/result.h"

namespace imagemill::local::s3 {

// What the store said. Damage on the disk is our failure (500), whatever the request was.
aws::S3Error of_store(const Error& error);
// What reading a request's body ended in: too few bytes, or too slowly.
aws::S3Error of_body(const Error& error);
aws::S3Error of_authentication(const aws::AuthError& error);

aws::S3Error access_denied(std::string message = "Access Denied");
aws::S3Error invalid_argument(std::string message, std::string name, std::string value);
aws::S3Error invalid_request(std::string message);
aws::S3Error invalid_uri(std::string_view path);
aws::S3Error incomplete_body(std::int64_t expected, std::int64_t received);
aws::S3Error entity_too_large(std::int64_t size_max, std::int64_t size);
aws::S3Error precondition_failed(std::string condition);
// `what` opens a sentence: "The header x-amz-tagging". `header` is empty where it is not about one.
aws::S3Error not_implemented(const std::string& what, std::string header = "");

}  // namespace imagemill::local::s3
