#include <gtest/gtest.h>

#include "local/s3/notification_xml.h"
#include "local/s3/service_fixture.h"

namespace imagemill::local::s3 {
namespace {

struct Said {
    std::string id = "one";
    std::string arn = function_arn("us-east-1", "processor");
    std::string events = "<Event>s3:ObjectCreated:*</Event>";
    std::string rules = "";
};

std::string rule(const std::string& name, const std::string& value) {
    return "<FilterRule><Name>" + name + "</Name><Value>" + value + "</Value></FilterRule>";
}

std::string configuration(const Said& said) {
    return "<CloudFunctionConfiguration><Id>" + said.id + "</Id><CloudFunction>" + said.arn +
           "</CloudFunction>" + said.events + "<Filter><S3Key>" + said.rules +
           "</S3Key></Filter></CloudFunctionConfiguration>";
}

class BucketNotificationTest : public ServiceTest {
  protected:
    http::Response configure(const std::string& content) {
        return send(
            Ask{.method = "PUT",
                .path = "/photos",
                .query = "notification",
                .body = "<NotificationConfiguration>" + content + "</NotificationConfiguration>"});
    }
    std::string configured(const std::string& content) { return outcome(configure(content)); }
    std::string read() {
        return http::body_text(send(Ask{.path = "/photos", .query = "notification"}));
    }
    bool is_told(const std::string& function) {
        return (*store_->events().take(function)).has_value();
    }
};

TEST_F(BucketNotificationTest, ShowsTheServersOwnUntilItIsReplaced) {
    EXPECT_NE(read().find("function:processor</CloudFunction><Event>s3:ObjectCreated:*</Event>"
                          "<Event>s3:ObjectRemoved:*</Event>"),
              std::string::npos);
    EXPECT_EQ(configured(""), "200");
    EXPECT_EQ(read().find("CloudFunction"), std::string::npos);
    put("/photos/a", "x");
    EXPECT_FALSE(is_told("processor"));
}

TEST_F(BucketNotificationTest, TellsTheFunctionsThatAsked) {
    const std::string first =
        configuration({.rules = rule("Prefix", "in/") + rule("suffix", ".jpg")});
    const std::string second = configuration({.id = "two",
                                              .arn = function_arn("us-east-1", "other"),
                                              .events = "<Event>s3:ObjectRemoved:Delete</Event>"
                                                        "<Event>s3:ObjectCreated:Copy</Event>",
                                              .rules = rule("prefix", "out/")});
    ASSERT_EQ(configured(first + second), "200");
    put("/photos/in/a.png", "x");
    EXPECT_FALSE(is_told("processor"));
    put("/photos/in/a.jpg", "x");
    EXPECT_TRUE(is_told("processor"));
    put("/photos/out/a.jpg", "", {{"x-amz-copy-source", "/photos/in/a.jpg"}});
    EXPECT_TRUE(is_told("other"));
    EXPECT_FALSE(is_told("processor"));
    remove("/photos/out/a.jpg");
    EXPECT_TRUE(is_told("other"));
    const std::string xml = read();
    EXPECT_NE(xml.find("<Name>Prefix</Name><Value>in/</Value>"), std::string::npos);
    EXPECT_NE(xml.find("<Name>Suffix</Name><Value>.jpg</Value>"), std::string::npos);
    EXPECT_NE(xml.find("<Event>s3:ObjectRemoved:Delete</Event><Event>s3:ObjectCreated:Copy"),
              std::string::npos);
}

TEST_F(BucketNotificationTest, MakesAnIdWhereThereIsNone) {
    ASSERT_EQ(configured(configuration({.id = ""})), "200");
    EXPECT_EQ(read().find("<Id></Id>"), std::string::npos);
    EXPECT_NE(read().find("<Id>"), std::string::npos);
}

TEST_F(BucketNotificationTest, LooksAtTheFunction) {
    EXPECT_EQ(configured(configuration({.arn = "nonsense"})), "400 InvalidArgument");
    EXPECT_EQ(configured(configuration({.arn = "arn:aws:sqs:us-east-1:1:q"})),
              "400 InvalidArgument");
    const http::Response region =
        configure(configuration({.arn = function_arn("eu-west-1", "processor")}));
    EXPECT_NE(element(region, "Message").find("region"), std::string::npos);
    const http::Response unknown =
        configure(configuration({.arn = function_arn("us-east-1", "nobody")}));
    EXPECT_EQ(outcome(unknown), "400 InvalidArgument");
    EXPECT_NE(element(unknown, "ArgumentValue1").find("function:processor"), std::string::npos);
}

TEST_F(BucketNotificationTest, RefusesWhatItWouldNotDo) {
    EXPECT_EQ(configured("<QueueConfiguration/>"), "501 NotImplemented");
    EXPECT_EQ(configured("<TopicConfiguration/>"), "501 NotImplemented");
    EXPECT_EQ(configured("<EventBridgeConfiguration/>"), "501 NotImplemented");
    EXPECT_EQ(configured(configuration({.events = "<Event>s3:ObjectTagging:Put</Event>"})),
              "501 NotImplemented");
    EXPECT_EQ(configured(configuration({.events = "<Event>s3:ObjectEaten:*</Event>"})),
              "400 InvalidArgument");
    EXPECT_EQ(configured(configuration({.events = ""})), "400 MalformedXML");
    EXPECT_EQ(configured(configuration({.rules = rule("middle", "x")})), "400 InvalidArgument");
    EXPECT_EQ(configured(configuration({.rules = rule("prefix", "x") + rule("Prefix", "y")})),
              "400 InvalidArgument");
    EXPECT_EQ(configured(configuration({.rules = "<FilterRule><Name>prefix</Name></FilterRule>"})),
              "400 MalformedXML");
    EXPECT_EQ(configured(configuration({.rules = rule("prefix", "\xFF")})), "400 MalformedXML");
}

TEST_F(BucketNotificationTest, RefusesConfigurationsThatCouldBothFit) {
    const auto both = [&](const std::string& one, const std::string& two) {
        return configured(configuration({.id = "one", .rules = one}) +
                          configuration({.id = "two", .rules = two}));
    };
    EXPECT_EQ(both("", ""), "400 InvalidArgument");
    EXPECT_EQ(both(rule("prefix", "a"), rule("prefix", "ab")), "400 InvalidArgument");
    EXPECT_EQ(both(rule("prefix", "a"), rule("suffix", "b")), "400 InvalidArgument");
    EXPECT_EQ(both(rule("prefix", "a"), rule("prefix", "b")), "200");
    EXPECT_EQ(both(rule("suffix", ".jpg"), rule("suffix", ".png")), "200");
    EXPECT_EQ(
        configured(configuration({.events = "<Event>s3:ObjectCreated:Put</Event>"}) +
                   configuration({.id = "two", .events = "<Event>s3:ObjectCreated:Post</Event>"})),
        "200");
}

TEST_F(BucketNotificationTest, NeedsItsGrant) {
    EXPECT_EQ(outcome(send_as(function("lister"), Ask{.path = "/photos", .query = "notification"})),
              "403 AccessDenied");
}

}  // namespace
}  // namespace imagemill::local::s3
