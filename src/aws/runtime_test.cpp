#include "aws/runtime.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

#include "aws/runtime_api.h"
#include "aws/scripted_client.h"
#include "base/json.h"

namespace imagemill::aws {
namespace {

class Runtime : public testing::Test {
  protected:
    // The next invocation; its attempt has the id "attempt-<id>".
    void next(const std::string& id, std::string_view payload = "{}") {
        client_.answer(200,
                       {{"Lambda-Runtime-Aws-Request-Id", id},
                        {"Lambda-Runtime-Invocation-Id", "attempt-" + id},
                        {"Lambda-Runtime-Deadline-Ms", "1583348638390"},
                        {"Lambda-Runtime-Invoked-Function-Arn", "arn:f"},
                        {"Lambda-Runtime-Trace-Id", "Root=1-" + id}},
                       payload);
    }
    void accept() { client_.answer(202, {}, R"({"status":"OK"})"); }

    // Runs until the script ends; that end is the error of an API that is gone.
    Error run(const FunctionHandler& handler) {
        const auto done = run_runtime(client_, {.api = "127.0.0.1:9001"}, handler, log_);
        EXPECT_FALSE(done);
        return done ? Error{} : done.error();
    }

    const Asked& asked(std::size_t index) {
        EXPECT_LT(index, client_.asked.size());
        return client_.asked.at(index);
    }

    ScriptedClient client_;
    FakeClock clock_{Time()};
    std::string lines_;
    Log log_{clock_, Level::info, [this](std::string_view line) { lines_ += line; }};
};

Result<std::string> echo(const Invocation& invocation) {
    return std::string(as_text(invocation.payload));
}

TEST_F(Runtime, AnswersEachInvocationWithWhatTheHandlerReturns) {
    next("id-1", R"({"n":1})");
    accept();
    next("id-2", R"({"n":2})");
    accept();

    const Error end = run(echo);

    EXPECT_EQ(end.code, Code::unavailable);
    ASSERT_EQ(client_.asked.size(), 5U);
    EXPECT_EQ(asked(0).request.method, "GET");
    EXPECT_EQ(asked(0).request.target, "/2018-06-01/runtime/invocation/next");
    EXPECT_EQ(asked(0).endpoint.host, "127.0.0.1");
    EXPECT_EQ(asked(0).endpoint.port, 9001);
    EXPECT_EQ(asked(1).request.method, "POST");
    EXPECT_EQ(asked(1).request.target, "/2018-06-01/runtime/invocation/id-1/response");
    EXPECT_EQ(asked(1).body, R"({"n":1})");
    EXPECT_EQ(asked(1).header("Content-Type"), "application/json");
    EXPECT_EQ(asked(3).request.target, "/2018-06-01/runtime/invocation/id-2/response");
    EXPECT_EQ(asked(3).body, R"({"n":2})");
}

TEST_F(Runtime, WaitsForTheNextInvocationWithoutATimeout) {
    next("id-1");
    accept();

    run(echo);

    EXPECT_EQ(asked(0).timeout, Milliseconds::zero());
    EXPECT_EQ(asked(1).timeout, Milliseconds(-1));
}

TEST_F(Runtime, RepeatsTheIdOfTheAttempt) {
    next("id-1");
    accept();
    next("id-2");
    accept();

    run([](const Invocation& invocation) -> Result<std::string> {
        if (invocation.request_id == "id-1") return std::string("1");
        return Error{Code::internal, "no"};
    });

    EXPECT_EQ(asked(1).header(runtime_api::kInvocationId), "attempt-id-1");
    EXPECT_EQ(asked(3).header(runtime_api::kInvocationId), "attempt-id-2");
}

TEST_F(Runtime, SendsNoIdOfTheAttemptWhereNoneWasGiven) {
    client_.answer(200,
                   {{"Lambda-Runtime-Aws-Request-Id", "id"}, {"Lambda-Runtime-Deadline-Ms", "1"}});
    accept();

    run(echo);

    EXPECT_FALSE(asked(1).request.headers.get(runtime_api::kInvocationId));
}

TEST_F(Runtime, TellsTheHandlerAllOfTheInvocation) {
    next("id-1", "[7]");
    accept();
    Invocation seen;
    std::string trace;

    run([&](const Invocation& invocation) -> Result<std::string> {
        seen = invocation;
        const char* variable = std::getenv("_X_AMZN_TRACE_ID");
        trace = variable == nullptr ? "unset" : variable;
        log_.info("inside");
        return std::string("null");
    });

    EXPECT_EQ(seen.request_id, "id-1");
    EXPECT_EQ(seen.function_arn, "arn:f");
    EXPECT_EQ(seen.trace_id, "Root=1-id-1");
    EXPECT_EQ(seen.deadline, Time(Milliseconds(1583348638390)));
    EXPECT_EQ(as_text(seen.payload), "[7]");
    EXPECT_EQ(trace, "Root=1-id-1");
    EXPECT_EQ(std::getenv("_X_AMZN_TRACE_ID"), nullptr);
    EXPECT_NE(lines_.find(R"("message":"inside","requestId":"id-1")"), std::string::npos) << lines_;
}

TEST_F(Runtime, ReportsAnErrorByTheNameOfItsCode) {
    next("id-1");
    accept();

    run([](const Invocation&) -> Result<std::string> {
        return Error{Code::too_large, "The picture \"\xFF\" is too large."};
    });

    EXPECT_EQ(asked(1).request.target, "/2018-06-01/runtime/invocation/id-1/error");
    EXPECT_EQ(asked(1).header("Content-Type"), "application/json");
    EXPECT_EQ(asked(1).header(runtime_api::kErrorType), "Function.TooLarge");
    EXPECT_EQ(asked(1).body, R"({"errorMessage":"The picture \"?\" is too large.",)"
                             R"("errorType":"Function.TooLarge","stackTrace":[]})");
    EXPECT_NE(lines_.find("Function.TooLarge"), std::string::npos);
}

TEST_F(Runtime, MakesTypesThatTheApiTakes) {
    for (const auto& [code, type] :
         {std::pair(Code::internal, "Function.Internal"),
          std::pair(Code::no_such_key, "Function.NoSuchKey"),
          std::pair(Code::invalid_argument, "Function.InvalidArgument"),
          std::pair(Code::precondition_failed, "Function.PreconditionFailed")}) {
        client_.asked.clear();
        next("id");
        accept();
        run([&](const Invocation&) -> Result<std::string> { return Error{code, "m"}; });
        EXPECT_EQ(asked(1).header(runtime_api::kErrorType), type);
    }
}

TEST_F(Runtime, ReportsAnExceptionAndGoesOn) {
    next("id-1");
    accept();
    next("id-2");
    accept();

    run([](const Invocation& invocation) -> Result<std::string> {
        if (invocation.request_id == "id-1") throw std::runtime_error("bad luck");
        return std::string("2");
    });

    EXPECT_EQ(asked(1).header(runtime_api::kErrorType), "Function.Internal");
    EXPECT_NE(asked(1).body.find("bad luck"), std::string::npos);
    EXPECT_EQ(asked(3).body, "2");
}

TEST_F(Runtime, ReportsAResponseThatIsTooLarge) {
    next("id-1", "[1]");
    client_.answer(413, {}, R"({"errorType":"RequestEntityTooLarge"})");
    accept();
    next("id-2", "[2]");
    accept();

    run(echo);

    EXPECT_EQ(asked(2).request.target, "/2018-06-01/runtime/invocation/id-1/error");
    EXPECT_EQ(asked(2).header(runtime_api::kErrorType), "Function.ResponseSizeTooLarge");
    EXPECT_EQ(asked(2).header(runtime_api::kInvocationId), "attempt-id-1");
    EXPECT_EQ(asked(4).body, "[2]");
}

TEST_F(Runtime, GoesOnAfterAnAnswerThatCameTooLate) {
    next("id-1", "[1]");
    client_.answer(400, {}, R"({"errorType":"InvalidRequestID"})");
    next("id-2", "[2]");
    accept();

    run(echo);

    EXPECT_EQ(asked(3).body, "[2]");
    EXPECT_NE(lines_.find("did not take the response"), std::string::npos);
}

TEST_F(Runtime, ReturnsWhenTheApiIsGone) {
    client_.fail(Code::unavailable, "Connection refused.");

    const Error end = run(echo);

    EXPECT_EQ(end.code, Code::unavailable);
    EXPECT_EQ(end.message, "Connection refused.");
    EXPECT_EQ(client_.asked.size(), 1U);
}

TEST_F(Runtime, ReturnsWhenAnAnswerCannotBeSent) {
    next("id-1");
    client_.fail(Code::unavailable, "Connection reset.");

    EXPECT_EQ(run(echo).message, "Connection reset.");
    EXPECT_EQ(client_.asked.size(), 2U);
}

TEST_F(Runtime, ReturnsWhenTheApiAnswers500) {
    client_.answer(500);
    EXPECT_EQ(run(echo).code, Code::unavailable);

    client_.asked.clear();
    next("id-1");
    client_.answer(500);
    EXPECT_EQ(run(echo).code, Code::unavailable);
    EXPECT_EQ(client_.asked.size(), 2U);
}

TEST_F(Runtime, ReturnsOnWhatIsNoInvocation) {
    client_.answer(200, {{"Lambda-Runtime-Deadline-Ms", "1"}});
    EXPECT_NE(run(echo).message.find("Aws-Request-Id"), std::string::npos);

    client_.answer(200, {{"Lambda-Runtime-Aws-Request-Id", "id"}});
    EXPECT_NE(run(echo).message.find("Deadline-Ms"), std::string::npos);

    client_.answer(403);
    EXPECT_NE(run(echo).message.find("403"), std::string::npos);
}

TEST_F(Runtime, RefusesAnAddressThatIsNone) {
    const auto done = run_runtime(client_, {.api = ""}, echo, log_);

    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::invalid_argument);
    EXPECT_TRUE(done.error().message.starts_with("AWS_LAMBDA_RUNTIME_API"));
}

TEST_F(Runtime, ReportsAFailedStart) {
    accept();

    const auto reported = report_init_error(client_, {.api = "127.0.0.1:9001"},
                                            {Code::invalid_argument, "IMAGEMILL_RECIPES: bad"});

    ASSERT_TRUE(reported) << reported.error().message;
    EXPECT_EQ(asked(0).request.target, "/2018-06-01/runtime/init/error");
    EXPECT_EQ(asked(0).header(runtime_api::kErrorType), "Runtime.InvalidArgument");
    EXPECT_EQ(asked(0).body,
              R"({"errorMessage":"IMAGEMILL_RECIPES: bad","errorType":"Runtime.InvalidArgument",)"
              R"("stackTrace":[]})");
}

TEST_F(Runtime, SaysWhenAFailedStartCannotBeReported) {
    client_.answer(403);
    const auto refused = report_init_error(client_, {.api = "127.0.0.1:9001"}, {});
    client_.fail(Code::unavailable, "gone");
    const auto gone = report_init_error(client_, {.api = "127.0.0.1:9001"}, {});

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::unavailable);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().message, "gone");
}

}  // namespace
}  // namespace imagemill::aws
