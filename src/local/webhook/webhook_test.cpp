#include "local/webhook/webhook.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "aws/proxy_event.h"
#include "aws/s3_event.h"
#include "aws/scripted_client.h"
#include "base/encodings.h"
#include "base/json.h"
#include "base/random.h"
#include "local/storage/disk_store.h"
#include "local/webhook/signature.h"

namespace imagemill::local {
namespace {

const Time kNow = *parse_rfc3339("2026-12-01T12:00:00.750Z");
const Time kReady = *parse_rfc3339("2026-12-01T11:59:00.123Z");

// `api`, that answers every GET alike.
class ImagePool final : public FunctionPool {
  public:
    Result<InvokeResult> invoke(std::string_view function, std::string payload,
                                const InvokeOptions&) override {
        function_ = function;
        const auto event = parse_json(payload);
        path_ = aws::parse_proxy_event(*event)->request.path;
        if (!error_.empty()) return result_of("{}", error_);
        const auto response = http::Response::text(status_, "application/json", body_);
        return result_of(aws::format_proxy_response(response, aws::ProxyVersion::v2), "");
    }
    Result<void> set_environment(std::string_view, std::map<std::string, std::string>) override {
        return {};
    }
    std::vector<std::string> functions() const override { return {}; }
    FunctionCounts counts(std::string_view) const override { return {}; }
    void stop(Milliseconds) override {}

    static InvokeResult result_of(std::string payload, const std::string& error) {
        return {.payload = std::move(payload), .function_error = error, .request_id = "api-id"};
    }

    int status_ = 200;
    std::string body_ = R"({"filename":"trips/ä b.jpg","status":"ready"})";
    std::string error_;
    std::string function_;
    std::string path_;
};

class WebhookTest : public testing::Test {
  protected:
    WebhookTest() {
        store_ = *open_disk_store({.dir = dir_, .notifications = {}}, clock_, log_);
        WebhookOptions options{
            .settings = {.endpoint = {"https", "example.org", 443},
                         .target = "/hooks?a=b",
                         .secrets = {to_buffer("0123456789abcdef01234567")},
                         .timeout = Milliseconds(7'000),
                         .events_max = 2},
            .function = "api",
            .bucket = "results",
            .source_key = [](std::string_view key) -> std::optional<std::string> {
                if (!key.starts_with("m/")) return std::nullopt;
                return std::string(key.substr(2));
            }};
        webhook_ =
            std::make_unique<Webhook>(std::move(options), client_, store_->events(), clock_, log_);
    }
    ~WebhookTest() override {
        store_.reset();
        std::filesystem::remove_all(dir_);
    }

    static std::string event_of(const std::string& key, const std::string& bucket = "results") {
        return aws::format_s3_event({.kind = store::EventKind::created,
                                     .name = "ObjectCreated:Put",
                                     .bucket = bucket,
                                     .key = key,
                                     .etag = std::string(32, 'a'),
                                     .size_bytes = 1,
                                     .sequencer = std::string(16, '0'),
                                     .time = kReady},
                                    {});
    }
    BuiltInAnswer deliver(const std::string& payload) {
        return webhook_->deliver({.request_id = "8f0e-1",
                                  .trace_id = "Root=1-5759e988-bd862e3fe1be46a994272793",
                                  .payload = payload,
                                  .pool = pool_,
                                  .stopping = stop_.get_token()});
    }
    BuiltInAnswer deliver_answered(int status, http::Headers headers = {},
                                   std::string_view body = "") {
        client_.answer(status, std::move(headers), body);
        return deliver(event_of("m/cat.jpg"));
    }
    std::int64_t count(std::string_view outcome) const {
        for (const auto& [name, value] : webhook_->counts()) {
            if (name == outcome) return value;
        }
        return -1;
    }

    const std::string dir_ = testing::TempDir() + "webhook-" + random_hex(8);
    FakeClock clock_{kNow};
    std::string lines_;
    Log log_{clock_, Level::info, [this](std::string_view line) { lines_ += line; }};
    aws::ScriptedClient client_;
    ImagePool pool_;
    std::stop_source stop_;
    std::unique_ptr<DiskStore> store_;
    std::unique_ptr<Webhook> webhook_;
};

TEST_F(WebhookTest, PostsTheImageSigned) {
    client_.answer(204);

    const auto answer = deliver(event_of("m/trips/ä b.jpg"));

    EXPECT_EQ(answer.error_type, "");
    EXPECT_EQ(answer.payload,
              R"({"deliveries":[{"key":"trips/ä b.jpg","outcome":"delivered","status":204}]})");
    EXPECT_EQ(pool_.function_, "api");
    EXPECT_EQ(pool_.path_, "/image/trips/%C3%A4%20b.jpg");
    ASSERT_EQ(client_.asked.size(), 1U);
    const aws::Asked& sent = client_.asked.front();
    EXPECT_EQ(sent.endpoint, (net::Endpoint{"https", "example.org", 443}));
    EXPECT_EQ(sent.request.method, "POST");
    EXPECT_EQ(sent.request.target, "/hooks?a=b");
    EXPECT_EQ(sent.timeout, Milliseconds(7'000));
    EXPECT_EQ(sent.body, R"({"type":"image.ready","timestamp":"2026-12-01T11:59:00.123Z",)"
                         R"("data":{"filename":"trips/ä b.jpg","status":"ready"}})");
    EXPECT_EQ(sent.header("Content-Type"), "application/json");
    EXPECT_EQ(sent.header("webhook-id"), "msg_8f0e-1");
    EXPECT_EQ(sent.header("webhook-timestamp"), "1796126400");
    EXPECT_EQ(sent.header("webhook-signature"),
              sign({.id = "msg_8f0e-1", .timestamp_seconds = 1'796'126'400, .body = sent.body},
                   {to_buffer("0123456789abcdef01234567")}));
    EXPECT_EQ(count("delivered"), 1);
    EXPECT_NE(lines_.find("\"traceId\":\"1-5759e988-bd862e3fe1be46a994272793\""), lines_.npos);
}

TEST_F(WebhookTest, TellsOfFailureToo) {
    pool_.status_ = 422;
    pool_.body_ = R"({"status":"failed"})";

    EXPECT_EQ(deliver_answered(200).error_type, "");

    EXPECT_TRUE(client_.asked.front().body.starts_with(R"({"type":"image.failed",)"));
}

TEST_F(WebhookTest, ANewAttemptHasTheSameIdAndItsOwnTime) {
    EXPECT_EQ(deliver_answered(500).error_type, "Webhook.Refused");
    clock_.advance(Milliseconds(5'000));
    EXPECT_EQ(deliver_answered(200).error_type, "");

    EXPECT_EQ(client_.asked[0].header("webhook-id"), client_.asked[1].header("webhook-id"));
    EXPECT_EQ(client_.asked[1].header("webhook-timestamp"), "1796126405");
    EXPECT_NE(client_.asked[0].header("webhook-signature"),
              client_.asked[1].header("webhook-signature"));
    EXPECT_EQ(client_.asked[0].body, client_.asked[1].body);
}

TEST_F(WebhookTest, TellsNothingOfWhatIsInWorkAgainOrGone) {
    for (const int status : {202, 404}) {
        pool_.status_ = status;
        EXPECT_NE(deliver(event_of("m/cat.jpg")).payload.find("\"outdated\""), std::string::npos);
    }
    EXPECT_EQ(count("outdated"), 2);
    EXPECT_TRUE(client_.asked.empty());
}

TEST_F(WebhookTest, TellsOfManifestsAlone) {
    EXPECT_EQ(deliver(event_of("resized-cat.jpg")).payload, R"({"deliveries":[]})");
    EXPECT_EQ(deliver(event_of("m/cat.jpg", "another")).payload, R"({"deliveries":[]})");
    const auto answer = deliver(R"({"Records":[{}]})");
    EXPECT_EQ(answer.error_type, "Webhook.BadEvent");
    EXPECT_TRUE(answer.is_final);
}

TEST_F(WebhookTest, AnythingButA2xxIsTriedAgain) {
    struct Row {
        int status;
        const char* says;
    };
    for (const Row& row :
         {Row{302, "which is not followed"}, Row{404, "answered 404: no such hook"},
          Row{500, "answered 500: no such hook"}}) {
        const auto answer = deliver_answered(row.status, {{"Location", "/x"}}, "no such hook");
        EXPECT_EQ(answer.error_type, "Webhook.Refused");
        EXPECT_FALSE(answer.is_final);
        EXPECT_NE(answer.payload.find(row.says), std::string::npos) << answer.payload;
    }
    client_.fail(Code::timeout, "The exchange took longer than 7000 ms");
    EXPECT_EQ(deliver(event_of("m/cat.jpg")).error_type, "Webhook.Timeout");
    client_.fail(Code::unavailable, "refused");
    EXPECT_EQ(deliver(event_of("m/cat.jpg")).error_type, "Webhook.Unreachable");
    EXPECT_EQ(count("refused"), 3);
    EXPECT_EQ(count("timeout"), 1);
    EXPECT_EQ(count("unreachable"), 1);
    EXPECT_EQ(count("delivered"), 0);
}

TEST_F(WebhookTest, WaitsAsLongAsTheReceiverAsksButNoLongerThanAnHour) {
    const std::pair<const char*, std::int64_t> rows[] = {{"90", 90'000},
                                                         {"99999999999999999", 3'600'000},
                                                         {"Tue, 01 Dec 2026 12:01:00 GMT", 59'250},
                                                         {"Tue, 01 Dec 2026 11:00:00 GMT", 0},
                                                         {"soon", 0},
                                                         {"-1", 0}};
    for (const auto& [text, pause] : rows) {
        EXPECT_EQ(deliver_answered(503, {{"Retry-After", text}}).pause_min, Milliseconds(pause))
            << text;
    }
}

TEST_F(WebhookTest, A410EndsItForGood) {
    EXPECT_FALSE(webhook_->is_gone());

    const auto first = deliver_answered(410);
    const auto second = deliver_answered(200);

    EXPECT_EQ(first.error_type, "Webhook.Gone");
    EXPECT_TRUE(first.is_final);
    EXPECT_EQ(second.error_type, "Webhook.Gone");
    EXPECT_TRUE(second.is_final);
    EXPECT_EQ(client_.asked.size(), 1U);
    EXPECT_TRUE(webhook_->is_gone());
    EXPECT_EQ(count("gone"), 2);
}

TEST_F(WebhookTest, AnApiThatDoesNotSayIsAskedAgain) {
    pool_.error_ = "Unhandled";
    EXPECT_EQ(deliver(event_of("m/cat.jpg")).error_type, "Webhook.NoImage");
    pool_.error_.clear();
    pool_.status_ = 503;
    EXPECT_EQ(deliver(event_of("m/cat.jpg")).error_type, "Webhook.NoImage");
    EXPECT_EQ(count("no_image"), 2);
    EXPECT_TRUE(client_.asked.empty());
}

TEST_F(WebhookTest, AStopIsNoAttempt) {
    stop_.request_stop();
    client_.fail(Code::unavailable, "ended early");

    EXPECT_EQ(deliver(event_of("m/cat.jpg")).error_type, "Webhook.Stopped");

    EXPECT_EQ(count("unreachable"), 0);
}

TEST_F(WebhookTest, DropsTheOldestBeyondItsBoundAndSaysSo) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(store_->events().add(kWebhook, "{}"));

    deliver_answered(200);
    EXPECT_EQ(store_->events().counts(kWebhook)->waiting, 2);
    EXPECT_EQ(count("dropped"), 3);
    EXPECT_NE(lines_.find("IMAGEMILL_WEBHOOK_MAX_EVENTS"), lines_.npos);

    ASSERT_TRUE(store_->events().add(kWebhook, "{}"));
    deliver_answered(200);
    EXPECT_EQ(count("dropped"), 3);  // It was counted a moment ago.
    clock_.advance(Webhook::kTrimPause);
    deliver_answered(200);
    EXPECT_EQ(count("dropped"), 4);
}

TEST_F(WebhookTest, AsAFunctionIsTriedUntilItIsTooOld) {
    const FunctionConfig function = webhook_->function();

    EXPECT_EQ(function.name, "webhook");
    EXPECT_TRUE(function.built_in);
    EXPECT_GT(function.retries, 1'000'000);
    EXPECT_EQ(function.event_age_max, Milliseconds(86'400'000));
    EXPECT_EQ(function.retry_delay_max, Milliseconds(3'600'000));
}

}  // namespace
}  // namespace imagemill::local
