#include "local/gateway/invoke_api.h"

#include <gtest/gtest.h>

#include "base/encodings.h"
#include "base/json.h"
#include "local/gateway/testing_pool.h"

namespace imagemill::local {
namespace {

aws::Credentials key(std::string access_key, std::string secret_key) {
    aws::Credentials credentials;
    credentials.access_key = std::move(access_key);
    credentials.secret_key = std::move(secret_key);
    return credentials;
}

const aws::Credentials kRoot = key("AKID", "secret");

class InvokeApiTest : public testing::Test {
  protected:
    InvokeApiTest() {
        pool_.answer_ = InvokeResult{.payload = R"({"ok":true})",
                                     .function_error = "",
                                     .request_id = "function-id",
                                     .log_tail = "START\nEND\n"};
    }

    // As botocore signs for Lambda: the body's digest goes into the signature, in no header.
    http::Response send(std::string_view path, std::string_view body, http::Headers headers = {},
                        const aws::Credentials& credentials = kRoot) {
        http::Request request = unsigned_request(path, body, std::move(headers));
        const std::string twice = percent_encode(request.path, Slash::keep);
        aws::sign(request.method, twice, request.query, request.headers, format_hex(sha256(body)),
                  {.credentials = credentials, .service = "lambda"}, clock_.now());
        return api_.handle(request);
    }
    http::Request unsigned_request(std::string_view path, std::string_view body,
                                   http::Headers headers) {
        http::Request request;
        request.method = "POST";
        request.path = path.substr(0, path.find('?'));
        if (path.find('?') != path.npos) request.query = path.substr(path.find('?') + 1);
        request.headers = std::move(headers);
        request.headers.set("Host", "127.0.0.1:8080");
        request.body = http::make_body(body);
        request.content_length = static_cast<std::int64_t>(body.size());
        return request;
    }
    static void expect_error(const http::Response& response, int status, std::string_view type) {
        EXPECT_EQ(response.status, status) << body_text(response);
        EXPECT_EQ(response.headers.get_or("x-amzn-ErrorType", ""), type) << body_text(response);
        const auto document = parse_json(body_text(response));
        ASSERT_TRUE(document);
        EXPECT_EQ(document->at("Type").as_string(), status < 500 ? "User" : "Service");
        EXPECT_FALSE(document->at("message").as_string().empty());
    }

    FakePool pool_;
    FakeQueue queue_;
    Budget budget_{100'000'000};
    FakeClock clock_{Time(Milliseconds(1'583'348'638'390))};
    Log log_{clock_, Level::debug, [](std::string_view) {}};
    InvokeApi api_{{.find_key = [](std::string_view key) -> std::optional<aws::Credentials> {
                       if (key != kRoot.access_key) return std::nullopt;
                       return kRoot;
                   }},
                   pool_,
                   queue_,
                   budget_,
                   clock_,
                   log_};
};

constexpr std::string_view kApi = "/2015-03-31/functions/api/invocations";
constexpr std::string_view kTrace = "Root=1-5759e988-bd862e3fe1be46a994272793";

TEST_F(InvokeApiTest, AnswersWithWhatTheFunctionSaid) {
    const auto response = send(kApi, R"({"x":1})", {{"X-Amzn-Trace-Id", std::string(kTrace)}});

    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(body_text(response), R"({"ok":true})");
    EXPECT_EQ(response.headers.get_or("X-Amz-Executed-Version", ""), "$LATEST");
    EXPECT_EQ(response.headers.get_or("x-amzn-RequestId", ""), "function-id");
    EXPECT_FALSE(response.headers.get("X-Amz-Function-Error"));
    EXPECT_FALSE(response.headers.get("X-Amz-Log-Result"));
    EXPECT_EQ(pool_.function_, "api");
    EXPECT_EQ(pool_.payload_, R"({"x":1})");
    EXPECT_EQ(pool_.options_.trace_id, kTrace);
}

TEST_F(InvokeApiTest, NothingIsAnEmptyEvent) {
    EXPECT_EQ(send(kApi, "").status, 200);
    EXPECT_EQ(pool_.payload_, "{}");
}

TEST_F(InvokeApiTest, GivesTheTailOfTheLogWhereItIsWanted) {
    const auto response = send(kApi, "{}", {{"X-Amz-Log-Type", "Tail"}});

    EXPECT_EQ(pool_.options_.log_tail, LogTail::wanted);
    EXPECT_EQ(response.headers.get_or("X-Amz-Log-Result", ""),
              format_base64(as_bytes(std::string_view("START\nEND\n"))));
}

TEST_F(InvokeApiTest, SaysThatTheFunctionFailedAndHow) {
    pool_.answer_ = InvokeResult{.payload = R"({"errorType":"Runtime.ExitError"})",
                                 .function_error = "Unhandled",
                                 .request_id = "function-id"};

    const auto response = send(kApi, "{}");

    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.get_or("X-Amz-Function-Error", ""), "Unhandled");
    EXPECT_EQ(body_text(response), R"({"errorType":"Runtime.ExitError"})");
}

TEST_F(InvokeApiTest, AnAnswerBeyondLambdasLimitIsAnError) {
    const auto size = static_cast<std::size_t>(kInvokeResponseBytesMax);
    pool_.answer_ = InvokeResult{.payload = "\"" + std::string(size - 2, 'x') + "\"",
                                 .function_error = "",
                                 .request_id = "function-id"};
    EXPECT_FALSE(send(kApi, "{}").headers.get("X-Amz-Function-Error"));

    pool_.answer_->payload += " ";
    const auto response = send(kApi, "{}");

    EXPECT_EQ(response.headers.get_or("X-Amz-Function-Error", ""), "Unhandled");
    EXPECT_NE(body_text(response).find("Function.ResponseSizeTooLarge"), std::string::npos);
}

TEST_F(InvokeApiTest, QueuesAnEvent) {
    const auto response =
        send(kApi, R"({"x":1})",
             {{"X-Amz-Invocation-Type", "Event"}, {"X-Amzn-Trace-Id", std::string(kTrace)}});

    EXPECT_EQ(response.status, 202);
    EXPECT_EQ(body_text(response), "");
    EXPECT_EQ(response.headers.get_or("x-amzn-RequestId", ""), "queued-id");
    ASSERT_EQ(queue_.added_.size(), 1U);
    EXPECT_EQ(queue_.added_[0].function, "api");
    EXPECT_EQ(queue_.added_[0].payload, R"({"x":1})");
    EXPECT_EQ(queue_.added_[0].options.trace_id, kTrace);
    EXPECT_EQ(pool_.calls_, 0);
}

TEST_F(InvokeApiTest, ADryRunOnlyLooks) {
    EXPECT_EQ(send(kApi, "{}", {{"X-Amz-Invocation-Type", "DryRun"}}).status, 204);
    expect_error(
        send("/2015-03-31/functions/no/invocations", "{}", {{"X-Amz-Invocation-Type", "DryRun"}}),
        404, "ResourceNotFoundException");
    EXPECT_EQ(pool_.calls_, 0);
    EXPECT_TRUE(queue_.added_.empty());
}

TEST_F(InvokeApiTest, KnowsAFunctionByAllItsNames) {
    for (const std::string_view name :
         {"api", "api:$LATEST", "000000000000:function:api",
          "arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Aapi",
          "arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Aapi%3A%24LATEST",
          "api%3A%24LATEST"}) {
        const std::string path = "/2015-03-31/functions/" + std::string(name) + "/invocations";
        EXPECT_EQ(send(path, "{}").status, 200) << name;
        EXPECT_EQ(pool_.function_, "api") << name;
    }
    EXPECT_EQ(send(std::string(kApi) + "?Qualifier=%24LATEST", "{}").status, 200);
    for (const std::string_view path :
         {"/2015-03-31/functions/api:live/invocations", "/2015-03-31/functions//invocations",
          "/2015-03-31/functions/api/invocations?Qualifier=live"}) {
        expect_error(send(path, "{}"), 404, "ResourceNotFoundException");
    }
    expect_error(send("/2015-03-31/functions/api", "{}"), 404, "UnknownOperationException");
}

TEST_F(InvokeApiTest, RefusesWhoHasNotTheKey) {
    http::Request nobody = unsigned_request(kApi, "{}", {});
    expect_error(api_.handle(nobody), 403, "MissingAuthenticationTokenException");
    expect_error(send(kApi, "{}", {}, key("AKID", "wrong")), 403, "InvalidSignatureException");
    expect_error(send(kApi, "{}", {}, key("OTHER", "secret")), 403, "UnrecognizedClientException");
    EXPECT_EQ(pool_.calls_, 0);
}

TEST_F(InvokeApiTest, ASignatureIsGoodForItsPayloadAlone) {
    http::Request request = unsigned_request(kApi, "{}", {});
    aws::sign("POST", kApi, "", request.headers,
              format_hex(sha256(std::string_view(R"({"other":1})"))),
              {.credentials = kRoot, .service = "lambda"}, clock_.now());

    expect_error(api_.handle(request), 403, "InvalidSignatureException");
}

TEST_F(InvokeApiTest, RefusesWhatIsNoJson) {
    expect_error(send(kApi, "{"), 400, "InvalidRequestContentException");
    expect_error(send(kApi, "{", {{"X-Amz-Invocation-Type", "Event"}}), 400,
                 "InvalidRequestContentException");
    EXPECT_EQ(pool_.calls_, 0);
    EXPECT_TRUE(queue_.added_.empty());
}

TEST_F(InvokeApiTest, RefusesUnknownWishes) {
    for (const auto& header : {http::Headers::Field{"X-Amz-Invocation-Type", "Later"},
                               http::Headers::Field{"X-Amz-Log-Type", "All"},
                               http::Headers::Field{"X-Amz-Client-Context", "bm8ganNvbg=="}}) {
        expect_error(send(kApi, "{}", {header}), 400, "InvalidParameterValueException");
    }
}

TEST_F(InvokeApiTest, HandsTheClientContextOn) {
    ASSERT_EQ(send(kApi, "{}", {{"X-Amz-Client-Context", "eyJhIjoKMX0="}}).status, 200);
    EXPECT_EQ(pool_.options_.client_context, R"({"a":1})");
}

TEST_F(InvokeApiTest, APayloadIsBounded) {
    const auto text = [](std::int64_t size) {
        return "\"" + std::string(static_cast<std::size_t>(size) - 2, 'x') + "\"";
    };
    const http::Headers event{{"X-Amz-Invocation-Type", "Event"}};
    EXPECT_EQ(send(kApi, text(kInvokeBytesMax)).status, 200);
    EXPECT_EQ(send(kApi, text(kInvokeEventBytesMax), event).status, 202);
    expect_error(send(kApi, text(kInvokeBytesMax + 1)), 413, "RequestTooLargeException");
    expect_error(send(kApi, text(kInvokeEventBytesMax + 1), event), 413,
                 "RequestTooLargeException");
}

TEST_F(InvokeApiTest, SaysWhenThereIsNoRoom) {
    pool_.answer_ = Error{Code::busy, "all 2 instances work"};
    const auto response = send(kApi, "{}");
    expect_error(response, 429, "TooManyRequestsException");
    EXPECT_EQ(parse_json(body_text(response))->at("Reason").as_string(),
              "ReservedFunctionConcurrentInvocationLimitExceeded");

    pool_.answer_ = Error{Code::unavailable, "no such program"};
    expect_error(send(kApi, "{}"), 500, "ServiceException");
    queue_.broken_ = true;
    expect_error(send(kApi, "{}", {{"X-Amz-Invocation-Type", "Event"}}), 500, "ServiceException");
}

}  // namespace
}  // namespace imagemill::local
