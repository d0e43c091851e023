#include "aws/failure_record.h"

#include <gtest/gtest.h>

namespace imagemill::aws {
namespace {

// The record of Amazon's developer guide.
constexpr std::string_view kAws = R"({"version":"1.0","timestamp":"2019-11-14T18:16:05.568Z",
 "requestContext":{"requestId":"e4b46cbf-b738-xmpl-8880-a18cdf61200e",
  "functionArn":"arn:aws:lambda:us-east-2:123456789012:function:my-function:$LATEST",
  "condition":"RetriesExhausted","approximateInvokeCount":3},
 "requestPayload":{"ORDER_IDS":["9e07af03","637de236"]},
 "responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},
 "responsePayload":{"errorMessage":"RequestId: e4b46cbf Process exited before completing"}})";

FailureRecord some_record() {
    FailureRecord record;
    record.request_id = "id";
    record.function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST";
    record.invoke_count = 3;
    record.request_payload = R"({"Records":[]})";
    record.response_payload = R"({"errorType":"Runtime.ExitError","errorMessage":"gone"})";
    record.time = *parse_rfc3339("2026-12-01T12:00:00.123Z");
    return record;
}

TEST(FailureRecord, ReadsWhatLambdaWrites) {
    const auto event = parse_json(kAws);
    ASSERT_TRUE(event);

    const auto record = parse_failure_record(*event);

    EXPECT_TRUE(is_failure_record(*event));
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_EQ(record->request_id, "e4b46cbf-b738-xmpl-8880-a18cdf61200e");
    EXPECT_EQ(record->condition, "RetriesExhausted");
    EXPECT_EQ(record->invoke_count, 3);
    EXPECT_EQ(record->request_payload, R"({"ORDER_IDS":["9e07af03","637de236"]})");
    EXPECT_EQ(record->function_error, "Unhandled");
    EXPECT_TRUE(record->response_payload.starts_with(R"({"errorMessage":"RequestId: e4b46cbf)"));
    EXPECT_EQ(format_rfc3339(record->time), "2019-11-14T18:16:05.568Z");
}

TEST(FailureRecord, ReadsBackWhatItWrote) {
    const FailureRecord record = some_record();
    const auto event = parse_json(format_failure_record(record));
    ASSERT_TRUE(event);

    const auto read = parse_failure_record(*event);

    EXPECT_TRUE(is_failure_record(*event));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->request_id, record.request_id);
    EXPECT_EQ(read->function_arn, record.function_arn);
    EXPECT_EQ(read->condition, record.condition);
    EXPECT_EQ(read->invoke_count, record.invoke_count);
    EXPECT_EQ(read->request_payload, record.request_payload);
    EXPECT_EQ(read->function_error, record.function_error);
    EXPECT_EQ(read->response_payload, record.response_payload);
    EXPECT_EQ(read->time, record.time);
}

TEST(FailureRecord, OfAFunctionThatNeverRanHasNoResponse) {
    FailureRecord record = some_record();
    record.condition = "ZeroReservedConcurrency";
    record.invoke_count = 0;
    record.response_payload = "";

    const std::string text = format_failure_record(record);

    EXPECT_EQ(text.find("responseContext"), std::string::npos);
    EXPECT_EQ(text.find("responsePayload"), std::string::npos);
    const auto event = parse_json(text);
    ASSERT_TRUE(event);
    const auto read = parse_failure_record(*event);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->function_error, "");
    EXPECT_EQ(read->response_payload, "");
}

TEST(FailureRecord, KeepsAPayloadThatIsNotJson) {
    FailureRecord record = some_record();
    record.response_payload = "Task timed out after 60.00 seconds";

    const auto event = parse_json(format_failure_record(record));

    ASSERT_TRUE(event);
    EXPECT_EQ(event->at("responsePayload"), "Task timed out after 60.00 seconds");
}

TEST(FailureRecord, IsNotTakenForAnyOtherEvent) {
    for (const std::string_view text :
         {R"({"Records":[]})", R"({"requestContext":{"http":{"method":"GET"}}})", "[]", "null",
          R"({"requestContext":{"condition":"x"}})",
          R"({"requestContext":1,"requestPayload":{}})"}) {
        const auto event = parse_json(text);
        ASSERT_TRUE(event);
        EXPECT_FALSE(is_failure_record(*event)) << text;
    }
}

TEST(FailureRecord, NamesTheFieldThatIsWrong) {
    for (const auto& [from, path] :
         {std::pair("\"requestContext\"", "requestContext"),
          std::pair("\"requestPayload\"", "requestPayload"),
          std::pair("\"requestId\"", "requestContext.requestId"),
          std::pair("\"approximateInvokeCount\"", "requestContext.approximateInvokeCount"),
          std::pair("\"functionError\"", "responseContext.functionError"),
          std::pair("2019-11-14T", "timestamp")}) {
        std::string text(kAws);
        text.replace(text.find(from), std::string_view(from).size(),
                     from[0] == '"' ? "\"x\"" : "x");
        const auto event = parse_json(text);
        ASSERT_TRUE(event) << text;
        const auto record = parse_failure_record(*event);
        ASSERT_FALSE(record) << from;
        EXPECT_EQ(record.error().code, Code::invalid_argument);
        EXPECT_TRUE(record.error().message.starts_with(path)) << record.error().message;
    }
}

}  // namespace
}  // namespace imagemill::aws
