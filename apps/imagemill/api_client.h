// api_client: the HTTP API as the command's `upload` and `status` see it.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "net/client.h"

namespace imagemill {

struct ApiOptions {
    std::string url = "http://127.0.0.1:8080";  // Or IMAGEMILL_URL.
    std::string token;                          // Or IMAGEMILL_UPLOAD_TOKEN.
};

void add_api_options(CLI::App& command, ApiOptions& options);

class ApiClient final {
  public:
    static Result<ApiClient> make(const ApiOptions& options);

    // What the API answered, as JSON, with its HTTP status; an Error where there is no answer.
    struct Answer {
        int status = 0;
        json::value body;
    };
    Result<Answer> upload(const std::string& filename, Bytes bytes);
    Result<Answer> image(const std::string& filename, int wait_seconds);
    // The address of an API path, for people.
    std::string address(std::string_view path) const;

  private:
    Result<Answer> send(net::ClientRequest request);

    net::Endpoint endpoint_;
    std::string token_;
    std::unique_ptr<net::Client> client_;
};

// What went wrong, in the API's words.
std::string problem_of(const json::value& body);

}  // namespace imagemill
