#include "local/gateway/console.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <thread>

#include "local/gateway/gateway.h"
#include "local/gateway/original.h"
#include "local/gateway/testing_pool.h"

namespace imagemill::local {
namespace {

constexpr std::string_view kOwn = "http://127.0.0.1:8080";

// Reads events, and goes away after so many.
class ReaderOf final : public http::BodyWriter {
  public:
    explicit ReaderOf(int count_max) : left_(count_max) {}
    bool write(Bytes bytes) override {
        text_ += as_text(bytes);
        if (after_write_) after_write_();
        return --left_ > 0;
    }
    std::function<void()> after_write_;
    // The data of each state, in order.
    std::vector<json::object> states() const {
        std::vector<json::object> states;
        std::size_t at = 0;
        while ((at = text_.find("event: state\n", at)) != text_.npos) {
            const std::size_t from = text_.find("data: ", at) + 6;
            at = text_.find("\n\n", from);
            states.push_back(parse_json(text_.substr(from, at - from))->as_object());
        }
        return states;
    }
    std::string text_;

  private:
    int left_;
};

class ConsoleTest : public testing::Test {
  protected:
    ConsoleTest() { start(); }

    void start() {
        access_ = std::make_unique<ConsoleAccess>(
            ConsoleAccessOptions{.cookie = "imagemill-console", .public_origin = public_origin_},
            clock_);
        GatewayOptions options{.function = "api", .hosts = http::Hosts({"images.example.org"})};
        options.operators.token = "the-token";
        options.operators.console_link = [this] { return access_->make_link(); };
        options.console = {.access = access_.get(),
                           .feed = {.activity = &activity_,
                                    .stopping = stop_.get_token(),
                                    .tick = Milliseconds(1),
                                    .streams_max = 2},
                           .page = "the page",
                           .login_page = "the way in",
                           .settings =
                               [] {
                                   return json::object{{"lacks", nullptr}};
                               },
                           .open_original = [this](const auto& key) { return open(key); }};
        handler_ = make_gateway(std::move(options), pool_, queue_, clock_, log_);
    }

    http::Response send(std::string_view method, std::string_view path, http::Headers headers,
                        std::string_view body = "") {
        http::Request request;
        request.method = method;
        request.path = path.substr(0, path.find('?'));
        if (path.find('?') != path.npos) request.query = path.substr(path.find('?') + 1);
        request.headers = std::move(headers);
        if (!request.headers.get("Host")) request.headers.set("Host", "127.0.0.1:8080");
        request.body = http::make_body(body);
        request.peer = peer_;
        return handler_(request);
    }
    // A file of `original_`, that nobody else sees.
    Result<OpenedObject> open(const std::string& key) {
        asked_ = key;
        if (!original_) return Error{Code::no_such_key, "There is no such object."};
        OpenedObject opened{.object = {}, .file = Fd(::memfd_create("original", MFD_CLOEXEC))};
        const ssize_t written =
            ::pwrite(opened.file.get(), original_->data(), original_->size(), 0);
        EXPECT_EQ(written, std::ssize(*original_));
        opened.object.size_bytes = size_said_ ? size_said_ : written;
        return opened;
    }
    // "imagemill-console=…"
    std::string log_in() {
        const auto response = send("GET", access_->make_link(), {});
        EXPECT_EQ(response.status, 303);
        EXPECT_EQ(response.headers.get_or("Location", ""), "/console");
        const std::string cookie(response.headers.get_or("Set-Cookie", ""));
        return cookie.substr(0, cookie.find(';'));
    }
    http::Headers with_cookie() { return {{"Cookie", "a=b; " + log_in()}}; }
    // All that a change needs.
    http::Headers for_change() {
        http::Headers headers = with_cookie();
        headers.set("Content-Type", "application/json; charset=utf-8");
        headers.set("X-Imagemill-Console", "1");
        headers.set("Origin", std::string(kOwn));
        headers.set("Sec-Fetch-Site", "same-origin");
        return headers;
    }
    int redrive(http::Headers headers) {
        return send("POST", "/console/api/events/redrive", std::move(headers), R"({"all":true})")
            .status;
    }

    FakePool pool_;
    FakeQueue queue_;
    FakeClock clock_{Time(Milliseconds(1'583'348'638'390))};
    Log log_{clock_, Level::debug, [](std::string_view) {}};
    std::string peer_ = "127.0.0.1";
    std::string public_origin_;
    std::stop_source stop_;
    Activity activity_;
    std::optional<std::string> original_;
    std::int64_t size_said_ = 0;
    std::string asked_;
    std::unique_ptr<ConsoleAccess> access_;
    http::Handler handler_;
};

TEST_F(ConsoleTest, ALinkLetsInOnce) {
    const std::string link = access_->make_link();
    const auto first = send("GET", link, {});
    const std::string cookie(first.headers.get_or("Set-Cookie", ""));
    EXPECT_NE(cookie.find("; Path=/console; Max-Age=43200; HttpOnly; SameSite=Strict"),
              std::string::npos)
        << cookie;
    EXPECT_EQ(cookie.find("Secure"), std::string::npos);
    EXPECT_EQ(first.headers.get_or("Cache-Control", ""), "no-store");
    EXPECT_EQ(first.headers.get_or("Referrer-Policy", ""), "no-referrer");

    const auto second = send("GET", link, {});
    EXPECT_EQ(second.status, 303);
    EXPECT_FALSE(second.headers.get("Set-Cookie"));
    EXPECT_FALSE(send("GET", "/console/login?code=", {}).headers.get("Set-Cookie"));
    EXPECT_FALSE(send("GET", "/console/login", {}).headers.get("Set-Cookie"));
}

TEST_F(ConsoleTest, ALinkExpires) {
    const std::string link = access_->make_link();
    clock_.advance(ConsoleAccess::kCodeLife);
    EXPECT_FALSE(send("GET", link, {}).headers.get("Set-Cookie"));
}

TEST_F(ConsoleTest, OnlyTheNewestLinksAreGood) {
    const std::string oldest = access_->make_link();
    clock_.advance(Milliseconds(1));
    for (std::size_t i = 0; i < ConsoleAccess::kCodesMax; ++i) (void)access_->make_link();
    EXPECT_FALSE(send("GET", oldest, {}).headers.get("Set-Cookie"));
}

TEST_F(ConsoleTest, ShowsItsPageToASessionAlone) {
    const auto page = send("GET", "/console", with_cookie());
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(body_text(page), "the page");
    const std::string_view policy = page.headers.get_or("Content-Security-Policy", "");
    EXPECT_NE(policy.find("default-src 'none'; script-src 'self'; style-src 'self';"), policy.npos);
    EXPECT_NE(policy.find("frame-ancestors 'none'"), policy.npos);
    EXPECT_EQ(policy.find("unsafe"), policy.npos);
    EXPECT_EQ(page.headers.get_or("X-Content-Type-Options", ""), "nosniff");
    EXPECT_EQ(page.headers.get_or("Cache-Control", ""), "no-store");

    for (const http::Headers& headers :
         {http::Headers{}, http::Headers{{"Cookie", "imagemill-console="}},
          http::Headers{{"Cookie", "imagemill-console=" + std::string(64, 'a')}},
          http::Headers{{"Cookie", "x" + log_in()}}}) {
        const auto refused = send("GET", "/console", headers);
        EXPECT_EQ(refused.status, 401);
        EXPECT_EQ(body_text(refused), "the way in");
        for (const char* call : {"live", "settings", "events", "log", "nothing"}) {
            EXPECT_EQ(send("GET", "/console/api/" + std::string(call), headers).status, 401);
        }
    }
}

TEST_F(ConsoleTest, ASessionEnds) {
    const http::Headers headers = with_cookie();
    clock_.advance(ConsoleAccess::kSessionLife - Milliseconds(1));
    EXPECT_EQ(send("GET", "/console", headers).status, 200);
    clock_.advance(Milliseconds(1));
    EXPECT_EQ(send("GET", "/console", headers).status, 401);

    const http::Headers other = for_change();
    const auto bye = send("POST", "/console/api/logout", other, "{}");
    EXPECT_EQ(bye.status, 200);
    EXPECT_NE(bye.headers.get_or("Set-Cookie", "").find("Max-Age=0"), std::string::npos);
    EXPECT_EQ(send("GET", "/console", other).status, 401);
}

TEST_F(ConsoleTest, AChangeNeedsJsonAndAHeader) {
    EXPECT_EQ(redrive(for_change()), 200);
    EXPECT_EQ(queue_.redriven_.size(), 1U);

    http::Headers no_header = for_change();
    no_header.remove("X-Imagemill-Console");
    EXPECT_EQ(redrive(no_header), 403);
    for (const char* type :
         {"application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x",
          "text/plain; application/json", "application/jsonp"}) {
        http::Headers form = for_change();
        form.set("Content-Type", type);
        EXPECT_EQ(redrive(form), 415) << type;
    }
    http::Headers no_type = for_change();
    no_type.remove("Content-Type");
    EXPECT_EQ(redrive(no_type), 415);
    http::Headers no_cookie = for_change();
    no_cookie.remove("Cookie");
    EXPECT_EQ(redrive(no_cookie), 401);
    EXPECT_EQ(queue_.redriven_.size(), 1U);
}

TEST_F(ConsoleTest, AnswersItsOwnPageAlone) {
    for (const char* origin : {"http://evil.example", "http://localhost:8080",
                               "http://127.0.0.1:3000", "https://127.0.0.1:8080", "null"}) {
        http::Headers headers = for_change();
        headers.set("Origin", origin);
        EXPECT_EQ(redrive(headers), 403) << origin;
        EXPECT_EQ(send("GET", "/console/api/events", headers).status, 403) << origin;
    }
    for (const char* site : {"cross-site", "same-site"}) {
        http::Headers headers = for_change();
        headers.set("Sec-Fetch-Site", site);
        EXPECT_EQ(redrive(headers), 403) << site;
        // A link to the console is another thing: there a person goes.
        headers.remove("Origin");
        headers.set("Sec-Fetch-Mode", "navigate");
        EXPECT_EQ(send("GET", "/console", headers).status, 200) << site;
    }
    EXPECT_TRUE(queue_.redriven_.empty());
    EXPECT_EQ(send("GET", "/console", {{"Host", "evil.example"}}).status, 403);
}

TEST_F(ConsoleTest, IsOfThisMachineWithoutAPublicUrl) {
    http::Headers headers = with_cookie();
    peer_ = "10.0.0.7";
    EXPECT_EQ(send("GET", "/console", headers).status, 403);
    EXPECT_EQ(send("GET", access_->make_link(), {}).status, 403);
    peer_ = "127.0.0.1";
    headers.set("X-Forwarded-For", "10.0.0.7");
    EXPECT_EQ(send("GET", "/console", headers).status, 403);
}

TEST_F(ConsoleTest, IsOfThePublicUrlWhereThereIsOne) {
    public_origin_ = "https://images.example.org";
    start();
    peer_ = "10.0.0.7";
    const http::Headers host{{"Host", "images.example.org"}, {"X-Forwarded-For", "10.0.0.9"}};
    const auto in = send("GET", access_->make_link(), host);
    const std::string cookie(in.headers.get_or("Set-Cookie", ""));
    EXPECT_TRUE(cookie.ends_with("; Secure")) << cookie;
    http::Headers headers = host;
    headers.set("Cookie", cookie.substr(0, cookie.find(';')));
    headers.set("Content-Type", "application/json");
    headers.set("X-Imagemill-Console", "1");
    headers.set("Origin", "https://images.example.org");
    EXPECT_EQ(redrive(headers), 200);
    headers.set("Origin", "https://images.example.com");
    EXPECT_EQ(redrive(headers), 403);
}

TEST_F(ConsoleTest, TheOperatorsTokenMakesALink) {
    const http::Headers token{{"Authorization", "Bearer the-token"}};
    const auto answer = send("POST", "/admin/console", token, "{}");
    const std::string path(parse_json(body_text(answer))->at("url").as_string());
    EXPECT_TRUE(send("GET", path, {}).headers.get("Set-Cookie"));
    EXPECT_EQ(send("POST", "/admin/console", {}, "{}").status, 401);
    EXPECT_EQ(send("GET", "/admin/console", token).status, 405);
    // Who is in by a cookie cannot let others in, nor the token's owner in here.
    EXPECT_EQ(send("POST", "/console/api/console", for_change(), "{}").status, 404);
    EXPECT_EQ(send("GET", "/console", token).status, 401);
}

TEST_F(ConsoleTest, HasTheCallsOfItsContract) {
    const http::Headers headers = for_change();
    EXPECT_EQ(send("GET", "/console/api/settings", headers).status, 200);
    EXPECT_EQ(send("GET", "/console/api/events?state=waiting", headers).status, 200);
    EXPECT_EQ(send("POST", "/console/api/events/delete", headers, R"({"ids":[3]})").status, 200);
    EXPECT_EQ(queue_.removed_.at(0).ids, std::vector<std::int64_t>{3});
    EXPECT_EQ(send("GET", "/console/api/log?function=f&request_id=12345678", headers).status, 200);
    EXPECT_EQ(send("GET", "/console/api/log?function=f", headers).status, 400);
    EXPECT_EQ(send("GET", "/console/api/events/delete", headers).status, 405);
    EXPECT_EQ(send("POST", "/console/api/live", headers).status, 405);
    EXPECT_EQ(send("GET", "/console/api/reprocess", headers).status, 404);
}

TEST_F(ConsoleTest, ShowsAnOriginalByItsBytesAsAPictureAlone) {
    using std::string_literals::operator""s;
    const std::pair<std::string, std::string> rows[] = {
        {"\xFF\xD8\xFF\xE0 cut off", "image/jpeg"},
        {"\x89PNG\r\n\x1A\n", "image/png"},
        {"GIF89a", "image/gif"},
        {"RIFF\x20\0\0\0WEBPVP8 "s, "image/webp"},
        {"\0\0\0\x20"
         "ftypavif"s,
         "image/avif"},
        {"BM\x10", "image/bmp"},
        {"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", ""},
        {"<!doctype html>", ""},
        {"II*\0"s, ""},
        {"", ""}};
    const http::Headers headers = with_cookie();
    const std::string path = "/console/api/original?key=a%20b.svg";
    for (const auto& [bytes, type] : rows) {
        original_ = bytes;
        const auto answer = send("GET", path, headers);
        EXPECT_EQ(asked_, "a b.svg");
        EXPECT_EQ(answer.status, type.empty() ? 415 : 200) << bytes;
        if (type.empty()) continue;
        EXPECT_EQ(answer.headers.get_or("Content-Type", ""), type);
        EXPECT_EQ(answer.headers.get_or("Content-Security-Policy", ""),
                  "default-src 'none'; sandbox");
        EXPECT_EQ(answer.headers.get_or("Content-Disposition", ""), "attachment");
        EXPECT_EQ(answer.headers.get_or("X-Content-Type-Options", ""), "nosniff");
        EXPECT_EQ(std::get<http::FileRange>(answer.body).length, std::ssize(bytes));
    }
}

TEST_F(ConsoleTest, ShowsAnOriginalToWhoMaySeeItAndWhereItIsSmallEnough) {
    const std::string path = "/console/api/original?key=a.jpg";
    original_ = "GIF89a";
    EXPECT_EQ(send("GET", path, {}).status, 401);
    http::Headers headers = with_cookie();
    EXPECT_EQ(send("GET", "/console/api/original", headers).status, 400);
    headers.set("Sec-Fetch-Dest", "image");
    EXPECT_EQ(send("GET", path, headers).status, 200);
    headers.set("Sec-Fetch-Dest", "document");
    EXPECT_EQ(send("GET", path, headers).status, 403);
    headers.remove("Sec-Fetch-Dest");

    size_said_ = kOriginalBytesMax;
    EXPECT_EQ(send("GET", path, headers).status, 200);
    size_said_ = kOriginalBytesMax + 1;
    EXPECT_EQ(send("GET", path, headers).status, 413);
    original_ = std::nullopt;
    EXPECT_EQ(send("GET", path, headers).status, 404);
}

TEST_F(ConsoleTest, AStreamBeginsWithAllThereIsAndGoesOnWithWhatChanged) {
    activity_.add(
        {.function = "api", .request_id = "first", .trace_id = "", .ended = clock_.now()});
    http::Headers headers = with_cookie();
    headers.set("Last-Event-ID", "77");
    auto response = send("GET", "/console/api/live", headers);
    ASSERT_EQ(response.headers.get_or("Content-Type", ""), "text/event-stream; charset=utf-8");

    ReaderOf reader(3);
    reader.after_write_ = [&] {
        if (reader.states().size() != 1) return;
        activity_.add(
            {.function = "api", .request_id = "second", .trace_id = "", .ended = clock_.now()});
    };
    std::get<http::Producer>(response.body)(reader);

    const auto states = reader.states();
    ASSERT_EQ(states.size(), 2U) << reader.text_;
    EXPECT_EQ(states[0].at("reset"), true);
    EXPECT_EQ(states[0].at("entries").as_array().size(), 1U);
    EXPECT_EQ(states[0].at("functions").at(1).at("queue").at("waiting"), 10);
    EXPECT_EQ(states[0].at("functions").at(0).at("spans").at(0).at(1), 1);
    EXPECT_EQ(states[0].at("failures").as_array().size(), 0U);
    EXPECT_EQ(states[1].at("reset"), false);
    EXPECT_EQ(states[1].at("entries").at(0).at("request_id"), "second");
    EXPECT_FALSE(states[1].contains("failures"));
}

TEST_F(ConsoleTest, AStreamThatHasNothingToSayBeats) {
    auto response = send("GET", "/console/api/live", with_cookie());
    ReaderOf reader(3);
    std::jthread time([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            clock_.advance(Milliseconds(1'000));
            std::this_thread::sleep_for(Milliseconds(1));
        }
    });
    std::get<http::Producer>(response.body)(reader);
    EXPECT_NE(reader.text_.find("event: beat\n"), std::string::npos) << reader.text_;
    EXPECT_EQ(reader.states().size(), 1U);
}

TEST_F(ConsoleTest, AStreamEndsWithItsSessionOrTheServer) {
    auto response = send("GET", "/console/api/live", with_cookie());
    clock_.advance(ConsoleAccess::kSessionLife);
    ReaderOf reader(1'000'000);
    std::get<http::Producer>(response.body)(reader);
    EXPECT_TRUE(reader.states().empty());

    response = send("GET", "/console/api/live", with_cookie());
    stop_.request_stop();
    std::get<http::Producer>(response.body)(reader);
    EXPECT_EQ(reader.states().size(), 1U);
}

TEST_F(ConsoleTest, StreamsAreBounded) {
    const http::Headers headers = with_cookie();
    {
        const auto first = send("GET", "/console/api/live", headers);
        const auto second = send("GET", "/console/api/live", headers);
        const auto third = send("GET", "/console/api/live", headers);
        EXPECT_EQ(second.status, 200);
        EXPECT_EQ(third.status, 503);
        EXPECT_NE(body_text(third).find("(2)"), std::string::npos);
    }
    EXPECT_EQ(send("GET", "/console/api/live", headers).status, 200);
}

TEST_F(ConsoleTest, AQueueThatCannotBeReadIsSaidToBeSo) {
    queue_.broken_ = true;
    auto response = send("GET", "/console/api/live", with_cookie());
    ReaderOf reader(2);
    std::get<http::Producer>(response.body)(reader);
    EXPECT_TRUE(reader.states().at(0).at("functions").at(0).at("queue").is_null());
}

}  // namespace
}  // namespace imagemill::local
