#include "local/lambda/runtime_service.h"

#include <gtest/gtest.h>

#include <thread>

#include "local/lambda/testing_logs.h"

namespace imagemill::local {
namespace {

constexpr std::string_view kNext = "/2018-06-01/runtime/invocation/next";
constexpr std::string_view kInitError = "/2018-06-01/runtime/init/error";
constexpr Milliseconds kPatience{60'000};
using Waited = RuntimeService::Waited;

// A body that ends before what was announced.
class CutBody final : public http::BodyReader {
  public:
    Result<std::size_t> read(std::span<std::byte>) override {
        return Error{Code::corrupt, "the body ended after 0 of 10 bytes"};
    }
};

class RuntimeServiceTest : public testing::Test {
  protected:
    ~RuntimeServiceTest() override { service_.close(); }

    http::Response send(std::string_view method, std::string_view path, std::string_view body = "",
                        http::Headers headers = {}) {
        http::Request request;
        request.method = method;
        request.path = path;
        request.headers = std::move(headers);
        request.body = http::make_body(body);
        return service_.handle(request);
    }
    http::Response post(std::string_view id_and_verb, std::string_view body,
                        http::Headers headers = {}) {
        return send("POST", "/2018-06-01/runtime/invocation/" + std::string(id_and_verb), body,
                    std::move(headers));
    }

    // A runtime that asks for its next invocation, on a thread of its own as it is in life.
    void ask() {
        runtimes_.emplace_back([this] { next_ = send("GET", kNext); });
        ASSERT_EQ(service_.wait_ready(kPatience), Waited::done);
    }
    void give(const std::string& id, const std::string& payload = R"({"a":1})") {
        service_.deliver({.request_id = id,
                          .invocation_id = "attempt-" + id,
                          .trace_id = "Root=1-2-3",
                          .payload = payload,
                          .deadline = Time(Milliseconds(1'234))});
        runtimes_.back().join();
        runtimes_.pop_back();
    }

    RuntimeService service_{"arn:f", 100};
    http::Response next_;
    std::vector<std::jthread> runtimes_;
};

TEST_F(RuntimeServiceTest, GivesAnInvocationWithLambdasHeaders) {
    ask();
    give("one");

    EXPECT_EQ(next_.status, 200);
    EXPECT_EQ(body_text(next_), R"({"a":1})");
    EXPECT_EQ(next_.headers.get("Lambda-Runtime-Aws-Request-Id"), "one");
    EXPECT_EQ(next_.headers.get("Lambda-Runtime-Invocation-Id"), "attempt-one");
    EXPECT_EQ(next_.headers.get("Lambda-Runtime-Deadline-Ms"), "1234");
    EXPECT_EQ(next_.headers.get("Lambda-Runtime-Invoked-Function-Arn"), "arn:f");
    EXPECT_EQ(next_.headers.get("Lambda-Runtime-Trace-Id"), "Root=1-2-3");
    EXPECT_EQ(next_.headers.get("Content-Type"), "application/json");
}

TEST_F(RuntimeServiceTest, GivesALargePayloadWholeAndSaysHowLongItIs) {
    std::string payload(1'000'000, 'a');
    payload.back() = 'z';
    ask();
    give("one", payload);

    EXPECT_EQ(body_text(next_), payload);
    EXPECT_EQ(next_.headers.get("Content-Length"), "1000000");
    EXPECT_EQ(next_.headers.get("Content-Type"), "application/json");
}

TEST_F(RuntimeServiceTest, TakesAResponseOnce) {
    ask();
    give("one");

    const auto first = post("one/response", "42");
    const auto second = post("one/response", "43");

    EXPECT_EQ(first.status, 202);
    EXPECT_EQ(body_text(first), "{\"status\":\"OK\"}\n");
    EXPECT_EQ(second.status, 400);
    EXPECT_EQ(body_text(second),
              R"({"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"})");
    ASSERT_EQ(service_.wait_answer(kPatience), Waited::done);
    const Answer answer = service_.take_answer();
    EXPECT_EQ(answer.payload, "42");
    EXPECT_FALSE(answer.failed);
}

TEST_F(RuntimeServiceTest, AnswersNullForAnEmptyResponse) {
    ask();
    give("one");
    EXPECT_EQ(post("one/response", "").status, 202);
    EXPECT_EQ(service_.take_answer().payload, "null");
}

TEST_F(RuntimeServiceTest, PassesAnErrorOnUnchanged) {
    ask();
    give("one");

    const auto response = post("one/error", R"({"errorMessage":"m", "errorType":"T"})",
                               {{"Lambda-Runtime-Function-Error-Type", "Function.ImageTooLarge"}});

    EXPECT_EQ(response.status, 202);
    const Answer answer = service_.take_answer();
    EXPECT_TRUE(answer.failed);
    EXPECT_EQ(answer.payload, R"({"errorMessage":"m", "errorType":"T"})");
    EXPECT_EQ(answer.error_type, "Function.ImageTooLarge");
}

TEST_F(RuntimeServiceTest, RefusesAnUnknownRequestId) {
    EXPECT_EQ(post("one/response", "1").status, 400);
    ask();
    EXPECT_EQ(post("one/error", "{}").status, 400);
    give("one");
    EXPECT_EQ(post("two/response", "1").status, 400);
    EXPECT_EQ(service_.wait_answer(Milliseconds(0)), Waited::timeout);
    EXPECT_EQ(post("one/response", "1").status, 202);
}

TEST_F(RuntimeServiceTest, RefusesAnotherAttemptsInvocationId) {
    ask();
    give("one");

    const auto wrong = post("one/response", "1", {{"Lambda-Runtime-Invocation-Id", "attempt-0"}});
    EXPECT_EQ(wrong.status, 400);
    EXPECT_NE(body_text(wrong).find("InvalidInvocationId"), std::string::npos);

    const http::Headers right{{"Lambda-Runtime-Invocation-Id", "attempt-one"}};
    EXPECT_EQ(post("one/response", "1", right).status, 202);
}

TEST_F(RuntimeServiceTest, EndsTheInvocationWhoseResponseIsTooLarge) {
    ask();
    give("one");

    const auto response = post("one/response", std::string(101, 'x'));

    EXPECT_EQ(response.status, 413);
    EXPECT_EQ(body_text(response),
              R"({"errorMessage":"Exceeded maximum allowed payload size (100 bytes).",)"
              R"("errorType":"RequestEntityTooLarge"})");
    const Answer answer = service_.take_answer();
    EXPECT_TRUE(answer.failed);
    EXPECT_EQ(answer.error_type, "Function.ResponseSizeTooLarge");
    EXPECT_NE(answer.payload.find("maximum allowed payload size (100 bytes)"), std::string::npos);
    EXPECT_EQ(post("one/error", "{}").status, 400);
}

TEST_F(RuntimeServiceTest, TakesAResponseOfExactlyTheLimit) {
    ask();
    give("one");
    EXPECT_EQ(post("one/response", std::string(100, 'x')).status, 202);
}

TEST_F(RuntimeServiceTest, RefusesACutResponseAndTakesAnotherTry) {
    ask();
    give("one");
    http::Request request;
    request.method = "POST";
    request.path = "/2018-06-01/runtime/invocation/one/response";
    request.body = std::make_unique<CutBody>();

    const auto cut = service_.handle(request);

    EXPECT_EQ(cut.status, 400);
    EXPECT_NE(body_text(cut).find("TruncatedHTTPRequest"), std::string::npos);
    EXPECT_EQ(post("one/response", "1").status, 202);
}

TEST_F(RuntimeServiceTest, RefusesAResponseModeItDoesNotKnow) {
    ask();
    give("one");
    const auto response =
        post("one/response", "1", {{"Lambda-Runtime-Function-Response-Mode", "telepathy"}});
    EXPECT_EQ(response.status, 400);
    EXPECT_NE(body_text(response).find("InvalidFunctionResponseMode"), std::string::npos);
}

TEST_F(RuntimeServiceTest, TakesAnInitErrorBeforeTheFirstNextOnly) {
    const auto first = send("POST", kInitError, R"({"errorMessage":"m"})",
                            {{"Lambda-Runtime-Function-Error-Type", "Runtime.NoGood"}});
    const auto next = send("GET", kNext);

    EXPECT_EQ(first.status, 202);
    EXPECT_EQ(service_.wait_ready(kPatience), Waited::init_failed);
    const Answer answer = service_.take_answer();
    EXPECT_EQ(answer.payload, R"({"errorMessage":"m"})");
    EXPECT_EQ(answer.error_type, "Runtime.NoGood");
    EXPECT_EQ(next.status, 403);
    EXPECT_NE(body_text(next).find("InvalidStateTransition"), std::string::npos);
}

TEST_F(RuntimeServiceTest, RefusesAnInitErrorOnceReady) {
    ask();
    const auto response = send("POST", kInitError, "{}");
    EXPECT_EQ(response.status, 403);
    EXPECT_NE(body_text(response).find("from Ready to InitError"), std::string::npos);
}

TEST_F(RuntimeServiceTest, GivesTheSameInvocationAgainWhereItsAnswerWasLost) {
    ask();
    give("one");

    const auto again = send("GET", kNext);

    EXPECT_EQ(again.headers.get("Lambda-Runtime-Aws-Request-Id"), "one");
    EXPECT_EQ(body_text(again), R"({"a":1})");
}

TEST_F(RuntimeServiceTest, ServesTheLastOfTwoWaitingCalls) {
    ask();
    http::Response newer;
    std::jthread second([&] { newer = send("GET", kNext); });
    runtimes_.front().join();  // The first is sent away when the second comes.
    EXPECT_EQ(next_.status, 403);

    service_.deliver({.request_id = "one",
                      .invocation_id = "",
                      .trace_id = "",
                      .payload = "{}",
                      .deadline = Time()});
    second.join();

    EXPECT_EQ(newer.status, 200);
    runtimes_.clear();
}

TEST_F(RuntimeServiceTest, RefusesWhatItDoesNotServe) {
    EXPECT_EQ(send("GET", "/").status, 404);
    EXPECT_EQ(send("GET", "/2018-06-01/runtime/restore/next").status, 404);
    EXPECT_EQ(post("one/neither", "").status, 404);
    EXPECT_EQ(post("one", "").status, 404);
    const auto wrong_method = send("POST", kNext);
    EXPECT_EQ(wrong_method.status, 405);
    EXPECT_EQ(wrong_method.headers.get("Allow"), "GET");
}

TEST_F(RuntimeServiceTest, RefusesBrowsers) {
    EXPECT_EQ(send("GET", kNext, "", {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
    EXPECT_EQ(send("POST", kInitError, "{}", {{"Origin", "http://evil.example"}}).status, 403);
    EXPECT_EQ(service_.wait_ready(Milliseconds(0)), Waited::timeout);
}

TEST_F(RuntimeServiceTest, FreesEveryWaiterWhenTheProcessIsGone) {
    ask();

    service_.close();
    runtimes_.clear();

    EXPECT_EQ(next_.status, 500);
    EXPECT_EQ(service_.wait_ready(kPatience), Waited::closed);
    EXPECT_EQ(service_.wait_answer(kPatience), Waited::closed);
    EXPECT_EQ(post("one/response", "1").status, 500);
}

}  // namespace
}  // namespace imagemill::local
