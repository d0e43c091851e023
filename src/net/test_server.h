// test_server: for tests, a server with its log, and the requests they send to it.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "net/server.h"

namespace imagemill::net {

constexpr std::string_view kHost = "Host: localhost\r\n";

class Lines final {
  public:
    Log log() {
        return Log(system_clock(), Level::debug, [this](std::string_view line) {
            const std::lock_guard lock(mutex_);
            text_ += line;
        });
    }
    bool has(std::string_view text) {
        const std::lock_guard lock(mutex_);
        return text_.find(text) != std::string::npos;
    }
    std::size_t count(std::string_view text) {
        const std::lock_guard lock(mutex_);
        std::size_t count = 0;
        for (std::size_t at = 0; (at = text_.find(text, at)) != std::string::npos; ++at) ++count;
        return count;
    }

  private:
    std::mutex mutex_;
    std::string text_;  // Guarded by mutex_.
};

inline std::string text_of_body(http::Request& request) {
    const auto bytes = http::read_all(*request.body, INT64_C(1) << 30, "test");
    return bytes ? std::string(as_text(*bytes))
                 : "error: " + std::string(name_of(bytes.error().code));
}

inline http::Response ok(std::string_view text) {
    return http::Response::text(200, "text/plain", text);
}

// Says what it was asked: METHOD target body.
inline http::Response echo(http::Request& request) {
    const std::string body = text_of_body(request);
    return ok(request.method + " " + request.target() + " " + body);
}

struct Served {
    explicit Served(http::Handler handler, const ServerOptions& options = {})
        : log(lines.log()), server(*make_server(options, std::move(handler), log)) {}
    int port() const { return server->port(); }

    Lines lines;
    Log log;
    std::unique_ptr<Server> server;
};

inline std::string get(std::string_view target, std::string_view more = "") {
    return "GET " + std::string(target) + " HTTP/1.1\r\n" + std::string(kHost) + std::string(more) +
           "\r\n";
}

inline std::string put(std::string_view body, std::string_view more = "") {
    return "PUT /p HTTP/1.1\r\n" + std::string(kHost) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n" + std::string(more) + "\r\n" +
           std::string(body);
}

inline bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace imagemill::net
