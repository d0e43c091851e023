#include "net/relay.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/client.h"
#include "net/raw_peer.h"
#include "net/test_server.h"

namespace imagemill::net {
namespace {

// A listener that a test accepts on by hand.
class Far final {
  public:
    RawPeer accept() {
        EXPECT_TRUE(wait_until_ready(listener_.fd.get(), POLLIN, after(kPatience)));
        return RawPeer(
            Fd(::accept4(listener_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)));
    }
    Endpoint endpoint() const { return {"http", "127.0.0.1", listener_.port}; }
    void close() { listener_.fd.reset(); }

  private:
    Listener listener_ = *bind_listener("127.0.0.1", 0);
};

class RelayTest : public testing::Test {
  protected:
    std::unique_ptr<Relay> relay_to(RelayOptions options) {
        return *make_relay(*bind_listener("127.0.0.1", 0), options, log_);
    }

    Lines lines_;
    Log log_ = lines_.log();
};

TEST_F(RelayTest, HandsRequestsOnAsTheyAre) {
    const Served far(echo);
    const auto relay = relay_to({.to = {"http", "localhost", far.port()}});
    const Endpoint named{"http", "store.example", 80};
    const auto client = make_client({.relays = {{named, {"http", "127.0.0.1", relay->port()}}}});
    const std::string body(3'000'000, 'x');

    const auto answer =
        client->send(named, {.method = "PUT", .target = "/a", .body = as_bytes(body)});

    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(as_text(answer->body), "PUT /a " + body);
    EXPECT_EQ(relay->connections(), 1);
    ASSERT_TRUE(client->send(named, {.target = "/b"}));
    EXPECT_EQ(relay->connections(), 1) << "a kept connection is kept";
}

TEST_F(RelayTest, TheEndOfOneDirectionLeavesTheOtherOpen) {
    Far far;
    const auto relay = relay_to({.to = far.endpoint()});
    RawPeer near(relay->port());
    ASSERT_TRUE(near.send("question"));
    near.finish_sending();
    RawPeer peer = far.accept();

    EXPECT_EQ(peer.read_to_end(), "question");
    ASSERT_TRUE(peer.send("answer"));
    EXPECT_EQ(near.read_bytes(6), "answer");
    peer.finish_sending();
    EXPECT_TRUE(near.is_closed());
    EXPECT_TRUE(comes_true([&] { return relay->connections() == 0; }));
}

TEST_F(RelayTest, ClosesWhatCannotBeHandedOnAndSaysSoOnce) {
    Far far;
    far.close();
    const auto relay = relay_to({.to = far.endpoint()});
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(RawPeer(relay->port()).is_closed());
    EXPECT_TRUE(comes_true([&] { return relay->connections() == 0; }));
    EXPECT_EQ(lines_.count("No connection to 127.0.0.1"), 1U);
}

TEST_F(RelayTest, HasNoMoreConnectionsThanItMay) {
    Far far;
    const auto relay = relay_to({.to = far.endpoint(), .connections_max = 1});
    RawPeer first(relay->port());
    ASSERT_TRUE(first.send("a"));
    RawPeer peer = far.accept();
    EXPECT_EQ(peer.read_bytes(1), "a");

    EXPECT_TRUE(RawPeer(relay->port()).is_closed());
    ASSERT_TRUE(peer.send("b"));
    EXPECT_EQ(first.read_bytes(1), "b");
}

TEST_F(RelayTest, ASilentConnectionEnds) {
    Far far;
    const auto relay = relay_to({.to = far.endpoint(), .idle_timeout = Milliseconds(50)});
    RawPeer near(relay->port());
    const RawPeer peer = far.accept();
    EXPECT_TRUE(near.is_closed());
    EXPECT_TRUE(comes_true([&] { return relay->connections() == 0; }));
}

TEST_F(RelayTest, StopCutsWhatIsOpen) {
    Far far;
    const auto relay = relay_to({.to = far.endpoint()});
    RawPeer near(relay->port());
    RawPeer peer = far.accept();
    relay->stop();
    EXPECT_EQ(relay->connections(), 0);
    EXPECT_TRUE(near.is_closed());
    EXPECT_TRUE(peer.is_closed());
}

}  // namespace
}  // namespace imagemill::net
