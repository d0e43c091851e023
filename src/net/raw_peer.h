// raw_peer: for tests, a client that sends exactly the bytes it is told, well formed or not.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "net/stream.h"

namespace imagemill::net {

constexpr Milliseconds kPatience{100'000};  // Far more than anything here takes.

// Whether `condition` comes true while anyone still has patience.
inline bool comes_true(const std::function<bool()>& condition) {
    const SteadyTime deadline = after(kPatience);
    while (!condition()) {
        if (steady_now() > deadline) return false;
        std::this_thread::sleep_for(Milliseconds(2));
    }
    return true;
}

class RawPeer final {
  public:
    explicit RawPeer(int port) : socket_(*connect_to("127.0.0.1", port, after(kPatience))) {}
    explicit RawPeer(Fd fd) : socket_(std::move(fd)) {}

    // False where the other side no longer takes anything.
    bool send(std::string_view text) {
        return write_all(socket_, as_bytes(text), after(kPatience)).has_value();
    }
    void finish_sending() { ::shutdown(socket_.fd(), SHUT_WR); }

    // What comes up to and with `end`, or up to the end of the connection.
    std::string read_until(std::string_view end) {
        while (held_.find(end) == std::string::npos && fill()) {
        }
        const std::size_t position = held_.find(end);
        return take(position == std::string::npos ? held_.size() : position + end.size());
    }
    std::string read_bytes(std::size_t count) {
        while (held_.size() < count && fill()) {
        }
        return take(std::min(count, held_.size()));
    }
    std::string read_to_end() {
        while (fill()) {
        }
        return take(held_.size());
    }
    // A head, and a body as long as its Content-Length.
    std::string read_response() {
        std::string response = read_until("\r\n\r\n");
        const std::size_t length = response.find("Content-Length: ");
        if (length == std::string::npos) return response;
        return response + read_bytes(std::stoul(response.substr(length + 16)));
    }
    // The other side has closed or reset the connection, and sent nothing before.
    bool is_closed() {
        const bool has_more = fill();
        return !has_more && held_.empty();
    }
    int fd() const { return socket_.fd(); }

  private:
    bool fill() {
        std::array<std::byte, 64 * 1024> bytes;
        const auto count = socket_.read_some(bytes, after(kPatience));
        if (!count) {
            EXPECT_EQ(count.error().code, Code::unavailable) << "nothing came";
            return false;
        }
        held_ += as_text(Bytes(bytes).first(*count));
        return *count > 0;
    }
    std::string take(std::size_t count) {
        std::string taken = held_.substr(0, count);
        held_.erase(0, count);
        return taken;
    }

    Socket socket_;
    std::string held_;
};

}  // namespace imagemill::net
