#include "aws/s3_event.h"

#include <gtest/gtest.h>

namespace imagemill::aws {
namespace {

using store::EventKind;

// The structure of Amazon's user guide, with fields of later versions and some unknown ones.
constexpr std::string_view kAws = R"({"Records":[{
  "eventVersion":"2.6","eventSource":"aws:s3","awsRegion":"us-west-2",
  "eventTime":"1970-01-01T00:00:00.000Z","eventName":"ObjectCreated:Put",
  "userIdentity":{"principalId":"AWS:AROAEXAMPLE:session"},
  "requestParameters":{"sourceIPAddress":"203.0.113.1"},
  "responseElements":{"x-amz-request-id":"C3D13FE58DE4C810","x-amz-id-2":"FMyUVURIY8"},
  "s3":{"s3SchemaVersion":"1.0","configurationId":"id","somethingNew":[1],
    "bucket":{"name":"mybucket","ownerIdentity":{"principalId":"A3NL1KOZZKExample"},
              "arn":"arn:aws:s3:::mybucket","awsGeneratedTags":{"a":"b"}},
    "object":{"key":"red+flower%2B1%40%C3%BC.jpg","size":1024,
              "eTag":"d41d8cd98f00b204e9800998ecf8427e",
              "versionId":"096fKKXTRTtl3on89fVO.nfljtsv6qko",
              "sequencer":"0055AED6DCD90281E5","hasObjectAnnotation":false}},
  "glacierEventData":{"restoreEventData":{"lifecycleRestoreStorageClass":"x"}}}],"more":null})";

constexpr std::string_view kCeph = R"({"Records":[{
  "eventVersion":"2.2","eventSource":"ceph:s3","awsRegion":"default",
  "eventTime":"2019-11-22T13:47:35.124724Z","eventName":"ObjectCreated:Put",
  "userIdentity":{"principalId":"tester"},"requestParameters":{"sourceIPAddress":""},
  "responseElements":{"x-amz-request-id":"503a4c37-85eb-47cd-8681-2817e80b4281.5330.903595"},
  "s3":{"s3SchemaVersion":"1.0","configurationId":"mynotif1",
    "bucket":{"name":"mybucket1","ownerIdentity":{"principalId":"tester"},
              "arn":"arn:aws:s3:us-east-1::mybucket1","id":"503a4c37"},
    "object":{"key":"my+image 100%.jpg","size":"1024","eTag":"37b51d194a7513e45b56f6524f2d51f2",
              "versionId":"","sequencer":"F7E6D75DC742D108","metadata":[],"tags":[]}},
  "eventId":"","opaqueData":"me@example.com"}]})";

constexpr std::string_view kMinio = R"({"EventName":"s3:ObjectCreated:Put","Key":"images/a b.jpg",
 "Records":[{"eventVersion":"2.0","eventSource":"minio:s3","awsRegion":"",
  "eventTime":"2026-12-01T12:00:00.5Z","eventName":"s3:ObjectCreated:Put",
  "userIdentity":{"principalId":"minioadmin"},
  "s3":{"s3SchemaVersion":"1.0","configurationId":"Config",
    "bucket":{"name":"images","arn":"arn:aws:s3:::images"},
    "object":{"key":"trips%2Fa+b.jpg","size":7,"eTag":"e","contentType":"image/jpeg",
              "userMetadata":{"content-type":"image/jpeg"},"sequencer":"17D4"}},
  "source":{"host":"","port":"","userAgent":""}}]})";

std::string edited(std::string_view text, std::string_view from, std::string_view to) {
    std::string changed(text);
    const std::size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    if (at != std::string::npos) changed.replace(at, from.size(), to);
    return changed;
}

std::vector<store::ObjectEvent> parsed(std::string_view text) {
    auto events = parse_s3_event(text);
    EXPECT_TRUE(events) << events.error().message;
    return events ? std::move(*events) : std::vector<store::ObjectEvent>();
}

TEST(S3Event, ReadsWhatAmazonWrites) {
    const auto events = parsed(kAws);

    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].kind, EventKind::created);
    EXPECT_EQ(events[0].name, "ObjectCreated:Put");
    EXPECT_EQ(events[0].bucket, "mybucket");
    EXPECT_EQ(events[0].key, "red flower+1@ü.jpg");
    EXPECT_EQ(events[0].etag, "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(events[0].size_bytes, 1024);
    EXPECT_EQ(events[0].sequencer, "0055AED6DCD90281E5");
    EXPECT_EQ(events[0].time, Time());
}

TEST(S3Event, TakesCephsKeysAsTheyAre) {
    const auto events = parsed(edited(kCeph, "\"1024\"", "1024"));

    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].key, "my+image 100%.jpg");
    EXPECT_EQ(events[0].etag, "37b51d194a7513e45b56f6524f2d51f2");
    EXPECT_EQ(format_rfc3339(events[0].time), "2019-11-22T13:47:35.124Z");
}

TEST(S3Event, ReadsCephsOlderEtag) {
    const auto events = parsed(edited(edited(kCeph, "\"1024\"", "1024"), "eTag", "etag"));

    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].etag, "37b51d194a7513e45b56f6524f2d51f2");
}

TEST(S3Event, ReadsMinioWithItsPrefix) {
    const auto events = parsed(kMinio);

    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].name, "ObjectCreated:Put");
    EXPECT_EQ(events[0].key, "trips/a b.jpg");
    EXPECT_EQ(format_rfc3339(events[0].time), "2026-12-01T12:00:00.500Z");
}

TEST(S3Event, ReadsARemovalWithoutSizeAndEtag) {
    const auto events =
        parsed(R"({"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":)"
               R"("ObjectRemoved:Delete","s3":{"bucket":{"name":"b"},"object":{"key":"k",)"
               R"("sequencer":"00A1"}}}]})");

    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].kind, EventKind::removed);
    EXPECT_EQ(events[0].size_bytes, 0);
    EXPECT_EQ(events[0].etag, "");
    EXPECT_EQ(events[0].sequencer, "00A1");
}

TEST(S3Event, ReadsEveryRecordAndSkipsWhatIsNotOurs) {
    const auto record = [](std::string_view version, std::string_view name, std::string_view key) {
        return R"({"eventVersion":")" + std::string(version) + R"(","eventName":")" +
               std::string(name) + R"(","s3":{"bucket":{"name":"b"},"object":{"key":")" +
               std::string(key) + R"("}}})";
    };

    const auto events = parsed("{\"Records\":[" + record("2.1", "ObjectCreated:Post", "one") + "," +
                               record("3.0", "ObjectCreated:Put", "of another major version") +
                               "," + record("2.3", "ObjectTagging:Put", "tagged") + "," +
                               record("2.9", "ObjectRemoved:DeleteMarkerCreated", "two") + "]}");

    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].key, "one");
    EXPECT_EQ(events[1].key, "two");
}

TEST(S3Event, OfATestIsNoEvent) {
    EXPECT_TRUE(parsed(R"({"Service":"Amazon S3","Event":"s3:TestEvent",)"
                       R"("Time":"2014-10-13T15:57:02.089Z","Bucket":"bucketname",)"
                       R"("RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8vvZa3"})")
                    .empty());
    EXPECT_TRUE(parsed(R"({"Records":[]})").empty());
}

TEST(S3Event, NamesTheFieldThatIsWrong) {
    struct Row {
        std::string_view from, to, path;
    };
    for (const Row& row :
         {Row{"\"Records\"", "\"records\"", "Records"},
          Row{"\"eventVersion\":\"2.6\"", "\"eventVersion\":2.6", "Records[0].eventVersion"},
          Row{"\"eventName\"", "\"name\"", "Records[0].eventName"},
          Row{"\"mybucket\"", "null", "Records[0].s3.bucket.name"},
          Row{"red+flower%2B1%40%C3%BC.jpg", "", "Records[0].s3.object.key"},
          Row{"%C3%BC", "%zz", "Records[0].s3.object.key"},
          Row{"%C3%BC", "%FF", "Records[0].s3.object.key"},
          Row{"1024", "-1", "Records[0].s3.object.size"},
          Row{"1970-01-01", "01.01.1970", "Records[0].eventTime"}}) {
        const auto events = parse_s3_event(edited(kAws, row.from, row.to));
        ASSERT_FALSE(events) << row.to;
        EXPECT_EQ(events.error().code, Code::invalid_argument);
        EXPECT_TRUE(events.error().message.starts_with(row.path)) << events.error().message;
    }
    EXPECT_FALSE(parse_s3_event("not json"));
    EXPECT_FALSE(parse_s3_event("[]"));
    EXPECT_FALSE(parse_s3_event(R"({"Records":{}})"));
    EXPECT_FALSE(parse_s3_event(R"({"Records":[1]})"));
}

TEST(S3Event, ReadsBackWhatItWrote) {
    store::ObjectEvent event;
    event.name = "ObjectCreated:Put";
    event.bucket = "photos";
    event.key = "trips/a b+ü%20\"1\".jpg";
    event.etag = "d41d8cd98f00b204e9800998ecf8427e-2";
    event.size_bytes = 5'000'000'000;
    event.sequencer = "00000000000000A1";
    event.time = *parse_rfc3339("2026-12-01T12:00:00.123Z");
    store::ObjectEvent removal = event;
    removal.kind = EventKind::removed;
    removal.name = "ObjectRemoved:Delete";

    const std::string text = format_s3_event(event, {});
    const std::string removal_text = format_s3_event(removal, {});

    EXPECT_NE(text.find(R"("key":"trips/a+b%2B%C3%BC%2520%221%22.jpg")"), std::string::npos);
    const auto read = parsed(text);
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0].kind, event.kind);
    EXPECT_EQ(read[0].name, event.name);
    EXPECT_EQ(read[0].bucket, event.bucket);
    EXPECT_EQ(read[0].key, event.key);
    EXPECT_EQ(read[0].etag, event.etag);
    EXPECT_EQ(read[0].size_bytes, event.size_bytes);
    EXPECT_EQ(read[0].sequencer, event.sequencer);
    EXPECT_EQ(read[0].time, event.time);
    EXPECT_EQ(removal_text.find("size"), std::string::npos);
    EXPECT_EQ(removal_text.find("eTag"), std::string::npos);
    EXPECT_EQ(parsed(removal_text).at(0).key, event.key);
}

TEST(S3Event, IsWrittenInAmazonsOrder) {
    store::ObjectEvent event;
    event.name = "ObjectCreated:Put";
    event.bucket = "b";
    event.key = "k";
    event.etag = "e";
    event.size_bytes = 1;
    event.sequencer = "0A";

    EXPECT_EQ(format_s3_event(event, {.region = "eu-west-1",
                                      .configuration_id = "c",
                                      .principal_id = "AWS:p",
                                      .source_ip = "127.0.0.1",
                                      .request_id = "R",
                                      .host_id = "H"}),
              R"({"Records":[{"eventVersion":"2.6","eventSource":"aws:s3","awsRegion":"eu-west-1",)"
              R"("eventTime":"1970-01-01T00:00:00.000Z","eventName":"ObjectCreated:Put",)"
              R"("userIdentity":{"principalId":"AWS:p"},)"
              R"("requestParameters":{"sourceIPAddress":"127.0.0.1"},)"
              R"("responseElements":{"x-amz-request-id":"R","x-amz-id-2":"H"},)"
              R"("s3":{"s3SchemaVersion":"1.0","configurationId":"c","bucket":{"name":"b",)"
              R"("ownerIdentity":{"principalId":"AWS:p"},"arn":"arn:aws:s3:::b"},)"
              R"("object":{"key":"k","size":1,"eTag":"e","sequencer":"0A"}}}]})");
}

}  // namespace
}  // namespace imagemill::aws
