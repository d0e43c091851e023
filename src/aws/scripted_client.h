// scripted_client: a net::Client for tests: answers from a list, and remembers what was asked.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/encodings.h"
#include "net/client.h"

namespace imagemill::aws {

struct Asked {
    net::Endpoint endpoint;
    net::ClientRequest request;  // Its body is gone; it is kept in `body`.
    std::string body;
    Milliseconds timeout{-1};  // -1: the client's own.

    std::string path() const { return request.target.substr(0, request.target.find('?')); }
    std::string query() const {
        const std::size_t at = request.target.find('?');
        return at == std::string::npos ? "" : request.target.substr(at + 1);
    }
    std::string header(std::string_view name) const {
        return std::string(request.headers.get_or(name, ""));
    }
};

class ScriptedClient final : public net::Client {
  public:
    void answer(int status, http::Headers headers = {}, std::string_view body = "") {
        answers_.push_back(net::ClientResponse{
            .status = status, .headers = std::move(headers), .body = to_buffer(body)});
    }
    void fail(Code code, std::string message) {
        answers_.push_back(Error{code, std::move(message)});
    }

    void answers_too_large(std::int64_t measured) {
        answers_.push_back(
            Error{Code::too_large, "The answer is too large.",
                  Exceeded{.setting = "response_bytes_max", .limit = 0, .measured = measured}});
    }

    Result<net::ClientResponse> send(const net::Endpoint& endpoint,
                                     const net::ClientRequest& request) override {
        return send(endpoint, request, Milliseconds(-1));
    }
    Result<net::ClientResponse> send(const net::Endpoint& endpoint,
                                     const net::ClientRequest& request,
                                     Milliseconds timeout) override {
        asked.push_back({endpoint, request, std::string(as_text(request.body)), timeout});
        asked.back().request.body = {};
        if (answers_.empty()) return Error{Code::unavailable, "The script is at its end."};
        auto answer = std::move(answers_.front());
        answers_.pop_front();
        return answer;
    }
    Result<void> prepare(const net::Endpoint&) override { return {}; }

    std::vector<Asked> asked;

  private:
    std::deque<Result<net::ClientResponse>> answers_;
};

}  // namespace imagemill::aws
