#include "local/gateway/store_events.h"

#include <gtest/gtest.h>

#include "aws/s3_event.h"
#include "local/gateway/testing_pool.h"

namespace imagemill::local {
namespace {

constexpr const char* kToken = "a-token-of-32-characters-at-least";
constexpr const char* kManifest = "manifests/a.jpg/manifest.json";
constexpr const char* kTrace = "Root=1-5759e988-bd862e3fe1be46a994272793";

// As each store writes it: a record of `source` about `key`.
std::string record(std::string_view source, std::string_view name, std::string_view key,
                   std::string_view bucket = "pictures") {
    return R"({"eventVersion":"2.2","eventSource":")" + std::string(source) +
           R"(","awsRegion":"","eventTime":"2026-12-01T12:00:00.125Z","eventName":")" +
           std::string(name) + R"(","s3":{"bucket":{"name":")" + std::string(bucket) +
           R"("},"object":{"key":")" + std::string(key) +
           R"(","size":7,"eTag":"abc","versionId":"","sequencer":"F7E6D75DC742D108"}}})";
}
std::string body_of(const std::string& records) {
    return "{\"Records\":[" + records + "]}";
}

class StoreEventsTest : public testing::Test {
  protected:
    http::Response send(std::string_view body, std::string_view path = "/events",
                        http::Headers headers = {
                            {"Authorization", std::string("Bearer ") + kToken}}) {
        http::Request request;
        request.method = "POST";
        request.path = path;
        request.headers = std::move(headers);
        request.body = http::make_body(body);
        return events_.handle(request);
    }
    // What was queued, in the form the processor reads.
    std::vector<store::ObjectEvent> queued() const {
        std::vector<store::ObjectEvent> events;
        for (const auto& added : queue_.added_) {
            if (added.function != "processor") continue;
            const auto parsed = aws::parse_s3_event(added.payload);
            EXPECT_TRUE(parsed && parsed->size() == 1) << added.payload;
            if (parsed) events.push_back(parsed->front());
        }
        return events;
    }
    std::int64_t count(std::string_view outcome) const {
        const auto counter = events_.counter();
        for (const auto& [name, value] : counter->counts) {
            if (name == outcome) return value;
        }
        return -1;
    }
    // The reason of the one record that was not used.
    static std::string reason(const http::Response& response) {
        EXPECT_EQ(response.status, 200) << body_text(response);
        const json::object answer = parse_json(body_text(response))->as_object();
        EXPECT_EQ(answer.at("queued"), 0);
        return std::string(answer.at("ignored").at(0).at("reason").as_string());
    }

    FakeQueue queue_;
    FakeClock clock_{Time(Milliseconds(1'583'348'638'390))};
    std::string logged_;
    Log log_{clock_, Level::debug, [this](std::string_view line) { logged_ += line; }};
    StoreEvents events_{{.token = kToken,
                         .notifications = {{"pictures", "ObjectCreated:", "processor"},
                                           {"pictures", "ObjectRemoved:", "processor"},
                                           {.bucket = "renditions",
                                            .event_prefix = "ObjectCreated:",
                                            .function = "webhook",
                                            .key_prefix = "manifests/",
                                            .key_suffix = "/manifest.json"}},
                         .waiting_max = 13},
                        queue_,
                        clock_,
                        log_};
};

TEST_F(StoreEventsTest, UnderstandsEveryStoreAndQueuesOneForm) {
    const auto response =
        send(body_of(record("aws:s3", "ObjectCreated:Put", "trips/a+b%2B%C3%BC.jpg")), "/events",
             {{"Authorization", std::string("Bearer ") + kToken}, {"X-Amzn-Trace-Id", kTrace}});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(body_text(response), R"({"queued":1,"ignored":[]})");
    EXPECT_EQ(response.headers.get("X-Amzn-Trace-Id"), kTrace);
    // Ceph's key is as it is, and its name may have no "s3:".
    send(body_of(record("ceph:s3", "ObjectCreated:Copy", "trips/a b+ü%20.jpg")));
    // MinIO says the key once more, beside the records.
    send(R"({"EventName":"s3:ObjectRemoved:Delete","Key":"pictures/a b.jpg","Records":[)" +
         record("minio:s3", "s3:ObjectRemoved:Delete", "a%20b.jpg") + "]}");

    const auto events = queued();
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].key, "trips/a b+ü.jpg");
    EXPECT_EQ(events[0].etag, "abc");
    EXPECT_EQ(events[1].key, "trips/a b+ü%20.jpg");
    EXPECT_EQ(events[1].name, "ObjectCreated:Copy");
    EXPECT_EQ(events[1].sequencer, "F7E6D75DC742D108");
    EXPECT_EQ(events[2].key, "a b.jpg");
    EXPECT_EQ(events[2].kind, store::EventKind::removed);
    EXPECT_EQ(queue_.added_[0].options.trace_id, kTrace);
    EXPECT_TRUE(queue_.added_[1].options.trace_id.starts_with("Root=1-5e5ffb9e-"));
    EXPECT_EQ(count("queued"), 3);
}

// What Ceph 16.2 sent.
TEST_F(StoreEventsTest, TakesWhatARealCephSends) {
    const auto response = send(
        R"({"Records":[{"eventVersion":"2.2","eventSource":"ceph:s3","awsRegion":"",)"
        R"("eventTime":"2026-12-01T04:50:40.260324Z","eventName":"ObjectCreated:Put",)"
        R"("userIdentity":{"principalId":"tester"},"requestParameters":{"sourceIPAddress":""},)"
        R"("responseElements":{"x-amz-request-id":"0e1e8959.4104.1172","x-amz-id-2":"1008"},)"
        R"("s3":{"s3SchemaVersion":"1.0","configurationId":"imagemill","bucket":)"
        R"({"name":"pictures","ownerIdentity":{"principalId":"tester"},"arn":"arn:aws:s3:::src",)"
        R"("id":"0e1e8959.4106.1"},"object":{"key":"a b+ü.jpg","size":10,)"
        R"("eTag":"336311a016184326ddbdd61edd4eeb52","versionId":"","sequencer":)"
        R"("20520E6BC6B09910","metadata":[{"key":"x-amz-meta-who","val":"me"}],"tags":[]}},)"
        R"("eventId":"1796100640.278507.336311a016184326ddbdd61edd4eeb52","opaqueData":""}]})");
    EXPECT_EQ(response.status, 200);
    const auto events = queued();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].key, "a b+ü.jpg");
    EXPECT_EQ(events[0].size_bytes, 10);
}

TEST_F(StoreEventsTest, WantsTheTokenInAHeaderOrInThePath) {
    const std::string body = body_of(record("ceph:s3", "ObjectCreated:Put", "a.jpg"));
    const std::string with_token = std::string("/events/") + kToken;
    const SteadyTime began = clock_.steady();
    EXPECT_EQ(send(body, with_token, {}).status, 200);
    for (const std::string& path :
         {std::string("/events"), std::string("/events/"), std::string("/events/other"),
          with_token + "x", with_token + "/", with_token.substr(0, 20)}) {
        const auto response = send(body, path, {});
        EXPECT_EQ(response.status, 401) << path;
        EXPECT_EQ(response.headers.get("WWW-Authenticate"), "Bearer");
    }
    EXPECT_EQ(send(body, "/events", {{"Authorization", "Bearer other"}}).status, 401);
    EXPECT_EQ(send(body, "/events", {{"Authorization", std::string("Basic ") + kToken}}).status,
              401);
    EXPECT_EQ(queue_.added_.size(), 1U);
    EXPECT_EQ(count("unauthorized"), 8);
    EXPECT_EQ(clock_.steady() - began, Milliseconds(8'000)) << "each is held back for a second";
    EXPECT_EQ(logged_.find(kToken), std::string::npos);
}

TEST_F(StoreEventsTest, WhatCanNeverBeUsedIsTakenAndNotQueued) {
    EXPECT_EQ(reason(send(R"({"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"pictures"})")),
              "test");
    EXPECT_EQ(reason(send(body_of(record("ceph:s3", "ObjectCreated:Put", "a", "elsewhere")))),
              "other_bucket");
    EXPECT_EQ(reason(send(body_of(record("ceph:s3", "ObjectCreated:Put", "a", "renditions")))),
              "other_kind");
    EXPECT_EQ(
        reason(send(body_of(record("ceph:s3", "ObjectRemoved:Delete", kManifest, "renditions")))),
        "other_kind");
    EXPECT_EQ(reason(send(body_of(record("aws:s3", "ObjectTagging:Put", "a")))), "other_kind");
    EXPECT_EQ(reason(send(body_of(record("aws:s3", "ObjectCreated:Put", "%ff")))), "unreadable");
    for (const char* body : {"", "{", "[]", "7", "{}", R"({"Records":7})", R"({"Records":[7]})",
                             R"({"Type":"SubscriptionConfirmation","Token":"x"})"}) {
        EXPECT_EQ(reason(send(body)), "unreadable") << body;
    }
    EXPECT_TRUE(queue_.added_.empty());
    EXPECT_EQ(count("unreadable"), 9);
    EXPECT_NE(logged_.find("IMAGEMILL_SOURCE_BUCKET"), std::string::npos);
}

TEST_F(StoreEventsTest, EachFunctionHearsOfWhatIsItsOwn) {
    const auto response =
        send(body_of(record("ceph:s3", "ObjectCreated:Put", kManifest, "renditions") + "," +
                     record("ceph:s3", "ObjectCreated:Put", "b.jpg")));
    EXPECT_EQ(body_text(response), R"({"queued":2,"ignored":[]})");
    ASSERT_EQ(queue_.added_.size(), 2U);
    EXPECT_EQ(queue_.added_[0].function, "processor");
    EXPECT_EQ(queue_.added_[1].function, "webhook");
    EXPECT_EQ(aws::parse_s3_event(queue_.added_[1].payload)->front().key, kManifest);
    EXPECT_EQ(queued().front().key, "b.jpg");
}

TEST_F(StoreEventsTest, OneThatCannotBeReadTakesNoOtherWithIt) {
    const auto response =
        send(body_of(record("aws:s3", "ObjectCreated:Put", "a") + R"(,{"eventName":7},)" +
                     record("aws:s3", "ObjectCreated:Put", "b")));
    EXPECT_EQ(response.status, 200);
    const auto events = queued();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[1].key, "b");
    EXPECT_EQ(queue_.added_[0].options.trace_id, queue_.added_[1].options.trace_id);
    EXPECT_EQ(count("unreadable"), 1);
}

TEST_F(StoreEventsTest, ABodyHasABound) {
    const std::string body = body_of(record("aws:s3", "ObjectCreated:Put", "a"));
    const auto padded = [&](std::int64_t size) {
        return body + std::string(static_cast<std::size_t>(size) - body.size(), ' ');
    };
    EXPECT_EQ(send(padded(kStoreEventBytesMax)).status, 200);
    EXPECT_EQ(send(padded(kStoreEventBytesMax + 1)).status, 413);
    EXPECT_EQ(queue_.added_.size(), 1U);
}

TEST_F(StoreEventsTest, AFullQueueAsksToComeAgain) {
    const std::string body = body_of(record("aws:s3", "ObjectCreated:Put", "a"));
    // Ten wait when they are counted, and one more after each of these but the first.
    for (int i = 0; i < 4; ++i) EXPECT_EQ(send(body).status, 200) << i;
    const auto response = send(body);
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(response.headers.get("Retry-After"));
    EXPECT_NE(body_text(response).find("13"), std::string::npos);
    EXPECT_EQ(count("queue_full"), 1);
    EXPECT_EQ(send(body).status, 200) << "it is counted again";
}

TEST_F(StoreEventsTest, AQueueThatFailsAsksToComeAgain) {
    queue_.broken_ = true;
    const auto response = send(body_of(record("aws:s3", "ObjectCreated:Put", "a")));
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(response.headers.get("Retry-After"));
    EXPECT_EQ(body_text(response).find("catalog"), std::string::npos);
    EXPECT_EQ(count("queue_failed"), 1);
}

TEST_F(StoreEventsTest, AServerWithAStoreOfItsOwnSaysHowToGetIt) {
    StoreEvents events({}, queue_, clock_, log_);
    http::Request request;
    request.method = "POST";
    request.path = "/events/";
    request.headers.set("Authorization", "Bearer ");
    const auto response = events.handle(request);
    EXPECT_EQ(response.status, 404);
    EXPECT_NE(body_text(response).find("--s3-endpoint"), std::string::npos);
    EXPECT_FALSE(events.counter());
}

}  // namespace
}  // namespace imagemill::local
