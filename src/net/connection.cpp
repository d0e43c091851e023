#include "net/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <variant>

#include "http/problem.h"
#include "net/input.h"
#include "net/request_body.h"
#include "net/request_head.h"
#include "net/response_writer.h"

namespace imagemill::net {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
// How much of an unread body is read over for the sake of the next request.
constexpr std::int64_t kDrainBytesMax = 256 * 1024;
constexpr Milliseconds kDrainTime{1'000};
// How long a closing connection still listens: closing at once with bytes unread would reset it,
// and the client might never see why it was refused (RFC 9112 9.6).
constexpr Milliseconds kLingerTime{1'000};
constexpr std::size_t kLingerBytesMax = 16 << 20;

struct Closed {};  // By the peer, or by its silence: nobody is there to be told.
using NextHead = std::variant<std::string, Refusal, Closed>;

class Connection final {
  public:
    Connection(Socket& socket, const std::string& peer, const ConnectionContext& context,
               Lifecycle& lifecycle)
        : socket_(socket),
          peer_(peer),
          context_(context),
          options_(context.options),
          lifecycle_(lifecycle),
          input_(socket,
                 std::max(kBufferBytes, static_cast<std::size_t>(options_.header_bytes_max) + 4)) {}

    void run() {
        while (serve_one()) {
        }
    }

  private:
    bool serve_one();
    bool serve_request(RequestPlan plan);
    NextHead next_head();
    bool refuse(const Refusal& refusal);
    http::Response handle(http::Request& request);
    bool respond(http::Response response, const RequestFacts& facts);
    void linger();

    Socket& socket_;
    const std::string& peer_;
    const ConnectionContext& context_;
    const ServerOptions& options_;
    Lifecycle& lifecycle_;
    Input input_;
};

// True when another request may follow.
bool Connection::serve_one() {
    NextHead head = next_head();
    if (std::holds_alternative<Closed>(head)) return false;
    if (const auto* refusal = std::get_if<Refusal>(&head)) return refuse(*refusal);
    auto plan = plan_request(std::get<std::string>(head), options_.body_bytes_max);
    if (const auto* refusal = std::get_if<Refusal>(&plan)) return refuse(*refusal);
    if (!lifecycle_.begin_request()) return false;
    const bool goes_on = serve_request(std::get<RequestPlan>(std::move(plan)));
    lifecycle_.end_request();
    return goes_on;
}

NextHead Connection::next_head() {
    const auto size_max = static_cast<std::size_t>(options_.header_bytes_max);
    SteadyTime deadline = after(options_.idle_timeout);
    bool has_started = false;
    std::size_t scanned = 0;
    int empty_lines = 0;
    while (true) {
        // RFC 9112 2.2: an empty line before a request is read over, but not any number of them.
        while (scanned == 0 && input_.text().starts_with("\r\n") && empty_lines++ < 4) {
            input_.consume(2);
        }
        const HeadScan scan = scan_head(input_.text(), scanned);
        scanned = input_.text() == "\r" ? 0 : scan.size;
        if (scan.state == HeadScan::State::bare_line_feed) {
            return Refusal{.status = 400, .detail = "A line ends in LF without CR."};
        }
        if (scan.size > size_max ||
            (scan.size == size_max && scan.state == HeadScan::State::incomplete)) {
            return Refusal{.status = 431,
                           .detail = "The request line and headers have more than the " +
                                     std::to_string(size_max) +
                                     " bytes allowed (header_bytes_max).",
                           .exceeded = Exceeded{.setting = "header_bytes_max",
                                                .limit = options_.header_bytes_max,
                                                .measured = static_cast<std::int64_t>(scan.size)}};
        }
        if (scan.state == HeadScan::State::complete) {
            std::string head(input_.text().substr(0, scan.size));
            input_.consume(scan.size);
            return head;
        }
        if (!has_started && !input_.bytes().empty()) {
            has_started = true;
            deadline = after(options_.header_timeout);
        }
        const auto count = input_.fill(deadline);
        if (!count && count.error().code == Code::timeout && has_started) {
            return Refusal{.status = 408,
                           .detail = "The request's headers did not arrive within " +
                                     std::to_string(options_.header_timeout.count()) +
                                     " ms (header_timeout)."};
        }
        if (!count || *count == 0) return Closed{};
    }
}

bool Connection::refuse(const Refusal& refusal) {
    boost::json::object more;
    if (refusal.exceeded) {
        more = {{"setting", refusal.exceeded->setting},
                {"limit", refusal.exceeded->limit},
                {"measured", refusal.exceeded->measured}};
    }
    respond(http::problem(refusal.status, refusal.detail, std::move(more)), {.keeps_alive = false});
    linger();
    return false;
}

bool Connection::serve_request(RequestPlan plan) {
    RequestFacts facts{.is_head = plan.method == "HEAD",
                       .version_minor = plan.version_minor,
                       .keeps_alive = plan.keeps_alive};
    RequestBody body(input_, socket_, options_, plan);
    http::Request request{.method = std::move(plan.method),
                          .path = std::move(plan.path),
                          .query = std::move(plan.query),
                          .headers = std::move(plan.headers),
                          .body = body.reader(),
                          .content_length = plan.content_length,
                          .peer = peer_};
    http::Response response = handle(request);
    // A client that waits for 100 may or may not send its body after another answer, so what it
    // sends next could be either: only closing is safe.
    facts.keeps_alive = facts.keeps_alive && !body.is_broken() && !body.awaits_continue() &&
                        body.left().value_or(0) <= kDrainBytesMax && !lifecycle_.is_stopping();
    const bool is_kept = respond(std::move(response), facts);
    if (is_kept && (body.is_done() || body.drain(kDrainBytesMax, kDrainTime))) return true;
    // A close with bytes unread is a reset, which can take the answer from the client's hands.
    linger();
    return false;
}

http::Response Connection::handle(http::Request& request) {
    std::string reason = "an unknown exception";
    try {
        return context_.handler(request);
    } catch (const std::exception& exception) {
        reason = exception.what();
    } catch (...) {  // Something that is no std::exception; `reason` says so.
    }
    context_.log.error("a handler threw",
                       {{"method", request.method}, {"path", request.path}, {"exception", reason}});
    return http::problem(Error{Code::internal, "The request could not be handled."});
}

// True when all of it went out and the connection may be kept.
bool Connection::respond(http::Response response, const RequestFacts& facts) {
    const Time now = system_clock().now();
    auto plan = plan_response(response, facts, options_.name, now);
    if (!plan) {
        context_.log.error("a response cannot be sent", {{"reason", plan.error().message}});
        response = http::problem(Error{Code::internal, "The answer could not be sent."});
        plan = plan_response(response, facts, options_.name, now);
    }
    try {
        const auto sent =
            send_response(socket_, response, *plan,
                          Pace(options_.write_timeout, options_.read_bytes_per_second_min));
        if (!sent && sent.error().code == Code::corrupt) {
            context_.log.error("a response broke off", {{"reason", sent.error().message}});
        }
        return sent && plan->keeps_alive;
    } catch (const std::exception& exception) {
        context_.log.error("a producer threw", {{"exception", exception.what()}});
    } catch (...) {
        context_.log.error("a producer threw", {{"exception", "an unknown exception"}});
    }
    return false;
}

void Connection::linger() {
    ::shutdown(socket_.fd(), SHUT_WR);
    const SteadyTime deadline = after(kLingerTime);
    std::array<std::byte, 16 * 1024> unread;
    std::size_t total = 0;
    while (total < kLingerBytesMax && steady_now() < deadline && !lifecycle_.is_stopping()) {
        const auto count = input_.read_some(unread, deadline);
        if (!count || *count == 0) return;
        total += *count;
    }
}

}  // namespace

void serve_connection(Socket& socket, const std::string& peer, const ConnectionContext& context,
                      Lifecycle& lifecycle) {
    Connection(socket, peer, context, lifecycle).run();
}

}  // namespace imagemill::net
