#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "net/raw_peer.h"
#include "net/server.h"
#include "net/test_server.h"

namespace imagemill::net {
namespace {

TEST(ServerLimits, HeadersMayHaveExactlyTheirLimit) {
    Served served(echo, {.header_bytes_max = 300});
    const auto request_of = [](std::size_t size) {
        const std::string rest = get("/", "X: \r\n");
        return get("/", "X: " + std::string(size - rest.size(), 'x') + "\r\n");
    };
    ASSERT_EQ(request_of(300).size(), 300U);
    RawPeer peer(served.port());
    peer.send(request_of(300));
    EXPECT_TRUE(peer.read_response().starts_with("HTTP/1.1 200"));

    for (const std::size_t size : {301, 400, 100'000}) {
        RawPeer large(served.port());
        large.send(request_of(size));
        const std::string answer = large.read_to_end();
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 431")) << answer;
        EXPECT_TRUE(has(answer, "\"setting\":\"header_bytes_max\",\"limit\":300")) << answer;
    }
}

TEST(ServerLimits, BodiesMayHaveExactlyTheirLimit) {
    Served served(echo, {.body_bytes_max = 5});
    RawPeer peer(served.port());
    peer.send(put("12345"));
    EXPECT_TRUE(peer.read_response().ends_with("12345"));

    RawPeer large(served.port());
    large.send(put("123456"));
    const std::string answer = large.read_to_end();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 413")) << answer;
    EXPECT_TRUE(has(answer, "\"setting\":\"body_bytes_max\",\"limit\":5,\"measured\":6")) << answer;

    const std::string chunked = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    RawPeer exact(served.port());
    exact.send(chunked + "3\r\n123\r\n2\r\n45\r\n0\r\n\r\n");
    EXPECT_TRUE(exact.read_response().ends_with("12345"));
    RawPeer above(served.port());
    above.send(chunked + "3\r\n123\r\n3\r\n456\r\n0\r\n\r\n");
    EXPECT_TRUE(above.read_to_end().ends_with("error: too_large"));
}

TEST(ServerLimits, HeadersThatDoNotArriveAreNotWaitedFor) {
    Served served(echo, {.header_timeout = Milliseconds(50)});
    RawPeer peer(served.port());
    peer.send("GET / HTTP/1.1\r\nHost:");

    const std::string answer = peer.read_to_end();

    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408")) << answer;
    EXPECT_TRUE(has(answer, "header_timeout"));
}

TEST(ServerLimits, IdleConnectionsAreClosedWithoutAWord) {
    Served served(echo, {.idle_timeout = Milliseconds(700)});
    RawPeer peer(served.port());
    EXPECT_TRUE(peer.is_closed());

    RawPeer kept(served.port());
    kept.send(get("/"));
    EXPECT_TRUE(kept.read_response().starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(kept.is_closed());
}

TEST(ServerLimits, ASlowBodyTimesOut) {
    Served served(echo, {.read_timeout = Milliseconds(50)});
    RawPeer peer(served.port());
    peer.send("PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");

    EXPECT_TRUE(peer.read_to_end().ends_with("error: timeout"));
}

TEST(ServerLimits, ABodyMayNotTrickle) {
    // Each byte comes well within the timeout; all together are too slow.
    Served served(echo, {.read_timeout = Milliseconds(300), .read_bytes_per_second_min = 100'000});
    RawPeer peer(served.port());
    peer.send("PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    std::atomic<bool> is_over = false;
    std::jthread sender([&] {
        while (!is_over && peer.send("x")) std::this_thread::sleep_for(Milliseconds(5));
    });

    EXPECT_TRUE(peer.read_response().ends_with("error: timeout"));
    is_over = true;
}

TEST(ServerLimits, AClientThatTakesNothingIsGivenUp) {
    std::latch given_up(1);
    Served served(
        [&](http::Request&) {
            return http::Response{.body = http::Producer([&](http::BodyWriter& to) {
                                      const Buffer bytes(1 << 20);
                                      while (to.write(bytes)) {
                                      }
                                      given_up.count_down();
                                  })};
        },
        {.write_timeout = Milliseconds(50)});
    RawPeer peer(served.port());
    peer.send(get("/"));

    given_up.wait();
}

TEST(ServerLimits, ASlowHandlerIsNoSlowClient) {
    // The body is there; that the handler takes longer than `read_timeout` is not its fault.
    Served served(
        [](http::Request& request) {
            std::byte first{};
            EXPECT_EQ(*request.body->read({&first, 1}), 1U);
            std::this_thread::sleep_for(Milliseconds(120));
            return echo(request);
        },
        {.read_timeout = Milliseconds(100), .read_bytes_per_second_min = 1'000'000});
    RawPeer peer(served.port());
    peer.send(put(std::string(100, 'x')));

    EXPECT_TRUE(peer.read_response().ends_with("PUT /p " + std::string(99, 'x')));
}

TEST(ServerLimits, ConnectionsAboveTheCapAreToldSo) {
    Served served(echo, {.connections_max = 2});
    auto first = std::make_unique<RawPeer>(served.port());
    RawPeer second(served.port());
    ASSERT_TRUE(comes_true([&] { return served.server->connections() == 2; }));

    RawPeer third(served.port());
    EXPECT_TRUE(third.read_to_end().starts_with("HTTP/1.1 503"));
    EXPECT_EQ(served.server->connections(), 2);

    first.reset();
    ASSERT_TRUE(comes_true([&] { return served.server->connections() == 1; }));
    RawPeer fourth(served.port());
    fourth.send(get("/4"));
    EXPECT_TRUE(fourth.read_response().ends_with("GET /4 "));
}

TEST(ServerLimits, ACapOfZeroRefusesEveryone) {
    Served served(echo, {.connections_max = 0});
    RawPeer peer(served.port());
    EXPECT_TRUE(peer.read_to_end().starts_with("HTTP/1.1 503"));
}

TEST(ServerLife, ServesManyAtOnce) {
    Served served(echo);
    std::vector<std::jthread> clients;
    std::atomic<int> right = 0;
    for (int i = 0; i < 16; ++i) {
        clients.emplace_back([&, i] {
            RawPeer peer(served.port());
            for (int k = 0; k < 50; ++k) {
                const std::string target = "/" + std::to_string(i * 100 + k);
                peer.send(get(target));
                if (peer.read_response().ends_with("GET " + target + " ")) ++right;
            }
        });
    }
    clients.clear();

    EXPECT_EQ(right, 16 * 50);
}

TEST(ServerLife, StopClosesIdleConnectionsAtOnce) {
    Served served(echo, {.drain = Milliseconds(600'000)});
    RawPeer fresh(served.port());
    RawPeer kept(served.port());
    kept.send(get("/"));
    kept.read_response();
    ASSERT_TRUE(comes_true([&] { return served.server->connections() == 2; }));

    served.server->stop();  // Returns long before `drain`, or the test runs into its own limit.

    EXPECT_TRUE(fresh.is_closed());
    EXPECT_TRUE(kept.is_closed());
    EXPECT_EQ(served.server->connections(), 0);
    EXPECT_FALSE(connect_to("127.0.0.1", served.port(), after(kPatience)));
    served.server->stop();
}

TEST(ServerLife, StopLetsARunningHandlerFinish) {
    std::latch running(1);
    std::latch may_finish(1);
    Served served(
        [&](http::Request&) {
            running.count_down();
            may_finish.wait();
            return ok("done");
        },
        {.drain = Milliseconds(600'000)});
    RawPeer peer(served.port());
    peer.send(get("/"));
    running.wait();

    std::jthread stopper([&] { served.server->stop(); });
    ASSERT_TRUE(
        comes_true([&] { return !connect_to("127.0.0.1", served.port(), after(kPatience)); }));
    may_finish.count_down();

    const std::string answer = peer.read_to_end();
    EXPECT_TRUE(answer.ends_with("done")) << answer;
    EXPECT_TRUE(has(answer, "Connection: close\r\n"));
}

TEST(ServerLife, StopCutsWhatOutlastsTheDrain) {
    std::latch running(2);
    Served served(
        [&](http::Request& request) {
            running.count_down();
            if (request.path == "/p") return echo(request);  // Waits for a body that never comes.
            return http::Response{.body = http::Producer([](http::BodyWriter& to) {
                                      while (to.write(Buffer(1000)))
                                          std::this_thread::sleep_for(Milliseconds(1));
                                  })};
        },
        {.drain = Milliseconds(20)});
    RawPeer reader(served.port());
    RawPeer writer(served.port());
    reader.send(get("/"));
    writer.send("PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    running.wait();

    served.server->stop();

    EXPECT_EQ(served.server->connections(), 0);
}

std::size_t open_files() {
    std::size_t count = 0;
    DIR* directory = ::opendir("/proc/self/fd");
    while (::readdir(directory) != nullptr) ++count;
    ::closedir(directory);
    return count;
}

std::size_t threads() {
    std::size_t count = 0;
    DIR* directory = ::opendir("/proc/self/task");
    while (::readdir(directory) != nullptr) ++count;
    ::closedir(directory);
    return count;
}

TEST(ServerLife, LeavesNoThreadAndNoFileOpen) {
    const std::size_t files_before = open_files();
    const std::size_t threads_before = threads();
    for (int round = 0; round < 5; ++round) {
        Served served(echo);
        std::vector<std::unique_ptr<RawPeer>> peers;
        for (int i = 0; i < 20; ++i) {
            peers.push_back(std::make_unique<RawPeer>(served.port()));
            peers.back()->send(i % 2 == 0 ? get("/") : "GET");
        }
        peers.resize(10);
        EXPECT_TRUE(peers[0]->read_response().ends_with("GET / "));
        // Without leftovers there are an acceptor and a thread per connection, and at most one that
        // has ended and is not yet joined.
        EXPECT_TRUE(comes_true([&] {
            return served.server->connections() == 10 && threads() <= threads_before + 12;
        }));
    }
    EXPECT_EQ(open_files(), files_before);
    EXPECT_TRUE(comes_true([&] { return threads() == threads_before; }));
}

TEST(ServerLife, GoesOnAfterRunningOutOfFileDescriptors) {
    Served served(echo);
    RawPeer waiting(served.port());
    waiting.send(get("/1"));
    waiting.read_response();
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    // One more file may be opened, which is the client's own socket.
    Fd lowest(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const rlimit tight{static_cast<rlim_t>(lowest.get()) + 1, limit.rlim_max};
    lowest.reset();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);

    RawPeer peer(served.port());
    peer.send(get("/2"));
    EXPECT_TRUE(comes_true([&] { return served.lines.has("connections wait"); }));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);

    EXPECT_TRUE(peer.read_response().ends_with("GET /2 "));
    EXPECT_EQ(served.lines.count("connections wait"), 1U);
}

TEST(ServerLife, ServesAPortTakenBefore) {
    Lines lines;
    const Log log = lines.log();
    Listener listener = *bind_listener("127.0.0.1", 0);
    const int port = listener.port;
    RawPeer early(port);  // Waits until somebody serves.
    early.send(get("/early"));

    const auto server = *make_server(std::move(listener), {}, echo, log);

    EXPECT_EQ(server->port(), port);
    EXPECT_TRUE(early.read_response().ends_with("GET /early "));
}

TEST(ServerLife, SaysWhichAddressItCannotHave) {
    Lines lines;
    const Log log = lines.log();
    const auto first = make_server({}, echo, log);
    ASSERT_TRUE(first);

    for (const ServerOptions& options :
         {ServerOptions{.port = (*first)->port()}, ServerOptions{.host = "localhost"},
          ServerOptions{.host = "192.0.2.1"}, ServerOptions{.port = 65'536},
          ServerOptions{.port = -1}}) {
        const auto second = make_server(options, echo, log);
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, Code::unavailable);
        EXPECT_TRUE(has(second.error().message, options.host)) << second.error().message;
        EXPECT_TRUE(has(second.error().message, std::to_string(options.port)));
    }
}

TEST(ServerLife, SpeaksIpv6) {
    Lines lines;
    const Log log = lines.log();
    const auto server = make_server(
        {.host = "::1"}, [](http::Request& request) { return ok(request.peer); }, log);
    if (!server) GTEST_SKIP() << server.error().message;
    Socket socket(*connect_to("::1", (*server)->port(), after(kPatience)));
    ASSERT_TRUE(write_all(socket, as_bytes(get("/", "Connection: close\r\n")), after(kPatience)));

    std::string text;
    std::array<std::byte, 4096> bytes;
    while (const std::size_t count = *socket.read_some(bytes, after(kPatience))) {
        text += as_text(Bytes(bytes).first(count));
    }
    EXPECT_TRUE(text.ends_with("::1")) << text;
}

}  // namespace
}  // namespace imagemill::net
