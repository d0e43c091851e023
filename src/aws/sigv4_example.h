// sigv4_example: the key, the day and the requests of the examples in Amazon's document, for tests.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "aws/sigv4.h"

namespace imagemill::aws {

inline const SigningTarget kTarget{
    .credentials = {.access_key = "AKIAIOSFODNN7EXAMPLE",
                    .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                    .session_token = "",
                    .expires = std::nullopt}};
inline constexpr std::string_view kHost = "examplebucket.s3.amazonaws.com";

inline Time example_time() {
    return *parse_iso_basic("20130524T000000Z");
}

inline http::Request request_of(std::string method, std::string path, std::string query,
                                http::Headers headers) {
    http::Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.query = std::move(query);
    request.headers = std::move(headers);
    return request;
}

inline http::Request signed_request(std::string method, std::string path, std::string query,
                                    http::Headers headers = {{"Host", std::string(kHost)}},
                                    std::string_view hash = kEmptySha256) {
    sign(method, path, query, headers, hash, kTarget, example_time());
    return request_of(std::move(method), std::move(path), std::move(query), std::move(headers));
}

inline std::string signature_in(const http::Headers& headers) {
    const std::string value(headers.get_or("Authorization", ""));
    const std::size_t at = value.find("Signature=");
    return at == std::string::npos ? "" : value.substr(at + 10);
}

}  // namespace imagemill::aws
