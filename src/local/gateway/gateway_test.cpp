#include "local/gateway/gateway.h"

#include <gtest/gtest.h>

#include "aws/proxy_event.h"
#include "base/json.h"
#include "local/gateway/testing_pool.h"

namespace imagemill::local {
namespace {

class GatewayTest : public testing::Test {
  protected:
    GatewayTest() {
        options_.files["/"] = {"text/html", "<!doctype html>"};
        options_.upload_bytes_max = 1'000;
        options_.body_bytes_in_flight_max = 1'000'000;
    }

    http::Response send(std::string_view method, std::string_view path, std::string_view body = "",
                        http::Headers headers = {}) {
        http::Request request;
        request.method = method;
        request.path = path.substr(0, path.find('?'));
        if (path.find('?') != path.npos) request.query = path.substr(path.find('?') + 1);
        request.headers = std::move(headers);
        if (!request.headers.get("Host")) request.headers.set("Host", "127.0.0.1:8080");
        request.body = http::make_body(body);
        request.content_length = static_cast<std::int64_t>(body.size());
        request.peer = "127.0.0.9";
        if (!gateway_) gateway_ = make_gateway(options_, pool_, queue_, clock_, log_);
        return gateway_(request);
    }
    aws::ProxyRequest event() { return *aws::parse_proxy_event(*parse_json(pool_.payload_)); }
    static json::object json_of(const http::Response& response) {
        return parse_json(body_text(response))->as_object();
    }
    static void expect_problem(const http::Response& response, int status) {
        EXPECT_EQ(response.status, status) << body_text(response);
        EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
        EXPECT_EQ(body_text(response).find("secret"), std::string::npos) << body_text(response);
    }

    GatewayOptions options_{.function = "api", .hosts = http::Hosts({"photos.example"})};
    FakePool pool_;
    FakeQueue queue_;
    FakeClock clock_{Time(Milliseconds(1'583'348'638'390))};
    std::string logged_;
    Log log_{clock_, Level::debug, [this](std::string_view line) { logged_ += line; }};
    http::Handler gateway_;
};

TEST_F(GatewayTest, HandsARequestToTheFunctionAsApiGatewayDoes) {
    const auto response =
        send("POST", "/upload?filename=a%20b.jpg", "\xff\xd8", {{"Content-Type", "image/jpeg"}});

    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(body_text(response), "{}");
    EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
    EXPECT_EQ(pool_.function_, "api");
    const json::object sent = parse_json(pool_.payload_)->as_object();
    EXPECT_EQ(sent.at("version"), "2.0");
    EXPECT_EQ(sent.at("routeKey"), "POST /upload");
    EXPECT_EQ(sent.at("isBase64Encoded"), true);
    aws::ProxyRequest got = event();
    EXPECT_EQ(got.request.method, "POST");
    EXPECT_EQ(got.request.path, "/upload");
    EXPECT_EQ(got.request.query, "filename=a%20b.jpg");
    EXPECT_EQ(got.request.peer, "127.0.0.9");
    const auto body = http::read_all(*got.request.body, 100, "");
    EXPECT_EQ(as_text(*body), "\xff\xd8");
    EXPECT_EQ(response.headers.get("apigw-requestid"), got.request_id);
}

TEST_F(GatewayTest, PassesATraceOnOrStartsOne) {
    const std::string given = "Root=1-5759e988-bd862e3fe1be46a994272793";
    const auto response = send("GET", "/image/cat.jpg", "", {{"X-Amzn-Trace-Id", given}});
    EXPECT_EQ(response.headers.get("X-Amzn-Trace-Id"), given);
    EXPECT_EQ(pool_.options_.trace_id, given);
    EXPECT_EQ(event().request.headers.get("x-amzn-trace-id"), given);

    send("GET", "/image/cat.jpg");
    EXPECT_TRUE(pool_.options_.trace_id.starts_with("Root=1-5e5ffb9e-")) << pool_.options_.trace_id;
    EXPECT_TRUE(pool_.options_.trace_id.ends_with(";Sampled=0"));

    // What is said to have caused it counts for nothing, from outside.
    send("GET", "/image/cat.jpg", "", {{"X-Amzn-Trace-Id", given + ";Lineage=a87bd80c:16"}});
    EXPECT_EQ(pool_.options_.trace_id, given);

    send("GET", "/image/cat.jpg", "", {{"X-Amzn-Trace-Id", std::string(513, 'x')}});
    EXPECT_TRUE(pool_.options_.trace_id.starts_with("Root=1-"));
}

TEST_F(GatewayTest, TakesAnotherStoresEventsUnderAnyHostAndCountsThem) {
    options_.store_events = {.token = "events-token",
                             .notifications = {{"b", "ObjectCreated:", "processor"}}};
    EXPECT_EQ(send("POST", "/events/events-token", "{}", {{"Host", "10.0.0.5:8080"}}).status, 200);
    EXPECT_EQ(send("POST", "/events", "{}", {{"Host", "10.0.0.5:8080"}}).status, 401);
    const std::string metrics = body_text(send("GET", "/metrics"));
    EXPECT_NE(metrics.find(R"(store_events_total{outcome="unreadable"} 1)"), std::string::npos);
}

TEST_F(GatewayTest, AsksForHeadAsForGet) {
    send("HEAD", "/image/trips/cat.jpg");
    EXPECT_EQ(event().request.method, "GET");
    EXPECT_EQ(event().request.path, "/image/trips/cat.jpg");
}

TEST_F(GatewayTest, RefusesAHostItDoesNotKnow) {
    const auto refused = send("GET", "/", "", {{"Host", "evil.example"}});
    expect_problem(refused, 403);
    EXPECT_NE(body_text(refused).find("--public-url"), std::string::npos);
    expect_problem(send("POST", "/upload", "x", {{"Host", ""}}), 403);
    EXPECT_EQ(pool_.calls_, 0);

    EXPECT_EQ(send("GET", "/", "", {{"Host", "photos.example"}}).status, 200);
    EXPECT_EQ(send("GET", "/", "", {{"Host", "localhost:1"}}).status, 200);
}

TEST_F(GatewayTest, SaysHowToSendWhatIsTooLarge) {
    EXPECT_EQ(send("POST", "/upload", std::string(1'000, 'x')).status, 201);
    const auto refused = send("POST", "/upload", std::string(1'001, 'x'));

    expect_problem(refused, 413);
    const json::object problem = json_of(refused);
    EXPECT_EQ(problem.at("setting"), "IMAGEMILL_MAX_UPLOAD_BYTES");
    EXPECT_EQ(problem.at("limit"), 1'000);
    EXPECT_EQ(problem.at("measured"), 1'001);
    EXPECT_NE(problem.at("detail").as_string().find("pre-signed"), std::string::npos);
    EXPECT_EQ(pool_.calls_, 1);
}

TEST_F(GatewayTest, TreatsAnEventThatIsTooLargeAsAnUploadThatIs) {
    pool_.answer_ = Error{Code::too_large, "secret payload_bytes_max"};
    expect_problem(send("POST", "/upload", "x"), 413);
}

TEST_F(GatewayTest, AnswersForAFunctionThatFails) {
    pool_.answer_ = InvokeResult{.payload = R"({"errorType":"Odd","errorMessage":"secret"})",
                                 .function_error = "Unhandled",
                                 .request_id = "function-id"};
    const auto failed = send("GET", "/image/cat.jpg");
    expect_problem(failed, 502);
    EXPECT_EQ(json_of(failed).at("request_id"), "function-id");
    EXPECT_NE(logged_.find("function-id"), std::string::npos);

    pool_.answer_->payload = R"({"errorType":"Sandbox.Timedout","errorMessage":"secret"})";
    expect_problem(send("GET", "/image/cat.jpg"), 504);

    pool_.answer_ = InvokeResult{
        .payload = R"({"statusCode":"secret"})", .function_error = "", .request_id = "other-id"};
    const auto no_response = send("GET", "/image/cat.jpg");
    expect_problem(no_response, 502);
    EXPECT_EQ(json_of(no_response).at("request_id"), "other-id");
}

TEST_F(GatewayTest, AsksForPatienceWhereThereIsNoInstance) {
    for (const Code code : {Code::busy, Code::unavailable}) {
        pool_.answer_ = Error{code, "/secret/bootstrap: No such file or directory"};
        const auto response = send("GET", "/image/cat.jpg");
        expect_problem(response, 503);
        EXPECT_TRUE(response.headers.get("Retry-After"));
    }
    EXPECT_NE(logged_.find("/secret/bootstrap"), std::string::npos);
}

TEST_F(GatewayTest, AsksForPatienceWhereTooMuchIsInFlight) {
    options_.body_bytes_in_flight_max = 1'500;
    http::Response second;
    pool_.meanwhile_ = [&] {
        pool_.meanwhile_ = nullptr;
        second = send("POST", "/upload", std::string(501, 'x'));
    };

    EXPECT_EQ(send("POST", "/upload", std::string(1'000, 'x')).status, 201);

    expect_problem(second, 503);
    EXPECT_TRUE(second.headers.get("Retry-After"));
    EXPECT_EQ(send("POST", "/upload", std::string(501, 'x')).status, 201);  // Once it is over.
}

TEST_F(GatewayTest, RefusesABodyThatEndsEarly) {
    class CutBody final : public http::BodyReader {
        Result<std::size_t> read(std::span<std::byte>) override {
            return Error{code_, "the body ended early"};
        }

      public:
        explicit CutBody(Code code) : code_(code) {}
        Code code_;
    };
    for (const auto& [code, status] : {std::pair(Code::corrupt, 400), {Code::timeout, 408}}) {
        http::Request request;
        request.method = "POST";
        request.path = "/upload";
        request.headers.set("Host", "localhost");
        request.content_length = 10;
        request.body = std::make_unique<CutBody>(code);
        expect_problem(make_gateway(options_, pool_, queue_, clock_, log_)(request), status);
    }
    EXPECT_EQ(pool_.calls_, 0);
}

TEST_F(GatewayTest, ServesThePage) {
    const auto page = send("GET", "/");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(body_text(page), "<!doctype html>");
    EXPECT_EQ(page.headers.get("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(page.headers.get("Referrer-Policy"), "no-referrer");
    EXPECT_TRUE(page.headers.get("Content-Security-Policy"));
    EXPECT_EQ(send("GET", "/config.json").status, 200);
    EXPECT_EQ(send("HEAD", "/").status, 200);
}

TEST_F(GatewayTest, KnowsWhatItDoesNotServe) {
    expect_problem(send("GET", "/nothing"), 404);
    expect_problem(send("GET", "/../etc/passwd"), 404);
    const auto wrong = send("PUT", "/upload");
    expect_problem(wrong, 405);
    EXPECT_EQ(wrong.headers.get("Allow"), "POST, OPTIONS");
    EXPECT_EQ(pool_.calls_, 0);
}

TEST_F(GatewayTest, TellsItsHealth) {
    const auto response = send("GET", "/health");

    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.get("Cache-Control"), "no-store");
    const json::object health = json_of(response);
    EXPECT_EQ(health.at("status"), "ok");
    EXPECT_EQ(health.at("functions").as_object().at("processor").as_object().at("instances"), 2);
    EXPECT_EQ(health.at("queue"), (json::value{{"waiting", 11}, {"running", 4}, {"dead", 6}}));
}

TEST_F(GatewayTest, SaysWhatContainmentLacks) {
    EXPECT_TRUE(json_of(send("GET", "/health")).at("containment").at("lacks").is_null());
    gateway_ = {};
    options_.containment_lacks = "no Landlock";
    EXPECT_EQ(json_of(send("GET", "/health")).at("containment").at("lacks"), "no Landlock");
}

TEST_F(GatewayTest, TellsOfOtherPartsInItsHealth) {
    options_.parts = [] { return json::object{{"webhook", {{"gone", true}}}}; };
    const json::object health = json_of(send("GET", "/health"));
    EXPECT_EQ(health.at("webhook").at("gone"), true);
    EXPECT_EQ(health.at("status"), "ok");
}

TEST_F(GatewayTest, RefusesAPathThatIsNoText) {
    for (const char* path : {"/image/%FF", "/image/caf%E9.jpg", "/image/%zz", "/image/100%"}) {
        for (const char* method : {"GET", "HEAD", "DELETE"})
            expect_problem(send(method, path), 400);
    }
    EXPECT_EQ(pool_.calls_, 0);
}

TEST_F(GatewayTest, MetricsAreOpenToThisMachineAlone) {
    options_.operators.token = "the-token";
    options_.s3_requests = [] { return std::vector<S3Requests>{{"PutObject", 200, "OK", 5}}; };
    options_.counters = [] {
        return std::vector<Counter>{{"odd_total", "Odd.", "by", {{"a", 1}}}};
    };
    const http::Headers proxied{{"Via", "1.1 proxy"}};

    const auto here = send("GET", "/metrics");
    EXPECT_EQ(here.status, 200);
    EXPECT_NE(body_text(here).find("PutObject"), std::string::npos);
    EXPECT_NE(body_text(here).find("imagemill_odd_total{by=\"a\"} 1"), std::string::npos);
    EXPECT_EQ(send("GET", "/metrics", "", {{"Host", "[::1]:9"}}).status, 200);
    expect_problem(send("GET", "/metrics", "", proxied), 401);
    expect_problem(send("GET", "/metrics", "", {{"Host", "photos.example"}}), 401);
    EXPECT_EQ(
        send("GET", "/metrics", "", {{"Via", "1.1 proxy"}, {"Authorization", "Bearer the-token"}})
            .status,
        200);
}

TEST_F(GatewayTest, BehindAProxyNobodyIsTakenForALocal) {
    options_.operators.token = "the-token";
    options_.is_behind_proxy = true;

    expect_problem(send("GET", "/metrics"), 401);
    EXPECT_EQ(send("GET", "/metrics", "", {{"Authorization", "Bearer the-token"}}).status, 200);
}

TEST_F(GatewayTest, WithoutATokenThereIsNoOperator) {
    expect_problem(send("GET", "/admin/events", "", {{"Authorization", "Bearer "}}), 401);
}

TEST_F(GatewayTest, IsUnwellWithoutItsQueue) {
    queue_.broken_ = true;

    const auto response = send("GET", "/health");

    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(json_of(response).at("status"), "unavailable");
    EXPECT_EQ(body_text(response).find("secret"), std::string::npos);
}

}  // namespace
}  // namespace imagemill::local
