#include <array>

#include "aws/credentials.h"
#include "aws/failure_record.h"
#include "aws/proxy_event.h"
#include "aws/s3_event.h"
#include "base/check.h"
#include "base/encodings.h"
#include "body.h"
#include "wire.h"

namespace imagemill::fuzz {
namespace {

void check_refusal(const Error& error) {
    check_message(error.message);
    CHECK(error.code == Code::invalid_argument);
}

// --- s3: a notification, as S3, Ceph and MinIO write it.

void run_s3(std::string_view, std::string_view body) {
    const auto events = aws::parse_s3_event(body);
    if (!events) return check_refusal(events.error());
    for (const store::ObjectEvent& event : *events) {
        CHECK(!event.key.empty() && is_utf8(event.key) && event.size_bytes >= 0);
        const std::string text = aws::format_s3_event(event, {});
        const auto again = aws::parse_s3_event(text);
        CHECK(again.has_value() && again->size() == 1);
        CHECK(aws::format_s3_event(again->front(), {}) == text);
        CHECK(again->front().key == event.key && again->front().bucket == event.bucket);
        CHECK(again->front().kind == event.kind && again->front().time == event.time);
    }
}

// --- proxy: a request through API Gateway, payload 1.0 or 2.0.

// As our gateway hands on what the function understood.
std::string format_again(const aws::ProxyRequest& parsed, const Buffer& body) {
    return aws::format_proxy_event(parsed.request, body,
                                   {.request_id = "id",
                                    .trace_id = "",
                                    .domain = "a.example",
                                    .route = "$default",
                                    .now = Time(Milliseconds(1'700'000'000'000))});
}

struct Understood {
    aws::ProxyRequest parsed;
    Buffer body;
    std::string headers;  // But x-forwarded-for, which each gateway adds to.
};

Understood understand(const std::string& event) {
    const auto document = parse_json(event);
    CHECK(document.has_value() && aws::is_proxy_event(*document));
    auto parsed = aws::parse_proxy_event(*document);
    CHECK(parsed.has_value() && parsed->version == aws::ProxyVersion::v2);
    auto bytes = http::read_all(*parsed->request.body, 1 << 20, "");
    CHECK(bytes.has_value());
    std::string headers;
    for (const auto& [name, value] : parsed->request.headers.fields()) {
        if (name != "x-forwarded-for") headers += name + ": " + value + "\n";
    }
    return {.parsed = *std::move(parsed), .body = *std::move(bytes), .headers = headers};
}

// A first pass may make it plainer (names in lower case, values joined); then nothing changes.
void run_proxy(std::string_view, std::string_view body) {
    const auto document = parse_json(body);
    if (!document) return check_refusal(document.error());
    auto parsed = aws::parse_proxy_event(*document);
    if (!parsed) return check_refusal(parsed.error());
    const auto bytes = http::read_all(*parsed->request.body, 1 << 20, "");
    CHECK(bytes.has_value() && bytes->size() <= body.size());

    const Understood once = understand(format_again(*parsed, *bytes));
    CHECK(once.parsed.request.method == parsed->request.method);
    CHECK(once.parsed.request.query == parsed->request.query);
    CHECK(once.body == *bytes);
    const Understood twice = understand(format_again(once.parsed, once.body));
    CHECK(twice.parsed.request.target() == once.parsed.request.target());
    CHECK(twice.body == once.body && twice.headers == once.headers);
}

// --- answer: a function's answer to the gateway.

void run_answer(std::string_view, std::string_view body) {
    const auto answer = aws::parse_proxy_response(body);
    if (!answer) return check_refusal(answer.error());
    CHECK(answer->status >= 200 && answer->status <= 599);
    for (const auto& [name, value] : answer->headers.fields()) {
        CHECK(value.find_first_of("\r\n") == std::string::npos);
        CHECK(name.find_first_of("\r\n: ") == std::string::npos);
    }
    const std::string text = aws::format_proxy_response(*answer, aws::ProxyVersion::v2);
    const auto again = aws::parse_proxy_response(text);
    CHECK(again.has_value() && again->status == answer->status);
    CHECK(http::body_text(*again) == http::body_text(*answer));
    CHECK(aws::format_proxy_response(*again, aws::ProxyVersion::v2) == text);
}

// --- record: an invocation that used up its attempts.

void run_record(std::string_view, std::string_view body) {
    const auto document = parse_json(body);
    if (!document) return check_refusal(document.error());
    const auto record = aws::parse_failure_record(*document);
    if (!record) return check_refusal(record.error());
    const std::string text = aws::format_failure_record(*record);
    const auto said = parse_json(text);
    CHECK(said.has_value() && aws::is_failure_record(*said));
    const auto again = aws::parse_failure_record(*said);
    CHECK(again.has_value() && aws::format_failure_record(*again) == text);
}

// --- credentials: the file of AWS's own form.

void run_credentials(std::string_view, std::string_view body) {
    const auto credentials = aws::parse_credentials_file(body, "default");
    if (!credentials) return check_message(credentials.error().message);
    const std::string text = aws::format_credentials_file(*credentials, "default");
    const auto again = aws::parse_credentials_file(text, "default");
    CHECK(again.has_value());
    CHECK(again->access_key == credentials->access_key);
    CHECK(again->secret_key == credentials->secret_key);
    CHECK(aws::format_credentials_file(*again, "default") == text);
}

}  // namespace

void fuzz_events(Bytes input) {
    constexpr std::array kKinds{WireKind{"s3", run_s3}, WireKind{"proxy", run_proxy},
                                WireKind{"answer", run_answer}, WireKind{"record", run_record},
                                WireKind{"credentials", run_credentials}};
    run_kind(kKinds, input);
}

}  // namespace imagemill::fuzz
