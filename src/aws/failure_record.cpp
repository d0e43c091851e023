#include "aws/failure_record.h"

namespace imagemill::aws {
namespace {

// A payload goes in as the JSON it is; what is none goes in as a text, so that it is not lost.
json::value embed(const std::string& text) {
    auto value = parse_json(text);
    return value ? std::move(*value) : json::value(text);
}

const json::value* member(const json::value& value, std::string_view name) {
    const json::object* object = value.if_object();
    return object == nullptr ? nullptr : object->if_contains(name);
}

Result<std::string> text_of(const JsonReader& object, std::string_view name) {
    const JsonReader reader = TRY(object.at(name));
    return reader.string();
}

}  // namespace

std::string format_failure_record(const FailureRecord& record) {
    json::object document{{"version", "1.0"},
                          {"timestamp", format_rfc3339(record.time)},
                          {"requestContext",
                           {{"requestId", record.request_id},
                            {"functionArn", record.function_arn},
                            {"condition", record.condition},
                            {"approximateInvokeCount", record.invoke_count}}},
                          {"requestPayload", embed(record.request_payload)}};
    if (!record.response_payload.empty()) {
        document["responseContext"] = {{"statusCode", 200},
                                       {"executedVersion", "$LATEST"},
                                       {"functionError", record.function_error}};
        document["responsePayload"] = embed(record.response_payload);
    }
    return json::serialize(document);
}

bool is_failure_record(const json::value& event) {
    const json::value* context = member(event, "requestContext");
    // A proxy event has a requestContext too, but no condition in it.
    return context != nullptr && member(*context, "condition") != nullptr &&
           member(event, "requestPayload") != nullptr;
}

Result<FailureRecord> parse_failure_record(const json::value& event) {
    const JsonReader reader(event);
    const JsonReader context = TRY(reader.at("requestContext"));
    const JsonReader payload = TRY(reader.at("requestPayload"));
    const JsonReader count = TRY(context.at("approximateInvokeCount"));
    const JsonReader timestamp = TRY(reader.at("timestamp"));
    const auto time = parse_rfc3339(TRY(timestamp.string()));
    if (!time) return timestamp.expected("a time such as 2026-12-01T12:00:00.000Z");

    FailureRecord record;
    record.request_id = TRY(text_of(context, "requestId"));
    record.function_arn = TRY(text_of(context, "functionArn"));
    record.condition = TRY(text_of(context, "condition"));
    record.invoke_count = static_cast<int>(TRY(count.integer(0, INT32_MAX)));
    record.request_payload = json::serialize(payload.value());
    record.time = *time;
    const auto response_context = TRY(reader.find("responseContext"));
    record.function_error =
        response_context ? TRY(text_of(*response_context, "functionError")) : "";
    const auto response = TRY(reader.find("responsePayload"));
    if (response) record.response_payload = json::serialize(response->value());
    return record;
}

}  // namespace imagemill::aws
