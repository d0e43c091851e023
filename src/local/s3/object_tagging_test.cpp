#include <gtest/gtest.h>

#include "local/s3/service_fixture.h"
#include "local/s3/tags.h"

namespace imagemill::local::s3 {
namespace {

std::string parsed(const std::string& header_text) {
    auto tags = parse_tag_header(header_text);
    return tags ? format_tag_header(*tags) : tags.error().code;
}

std::string parsed_xml(const std::string& tags) {
    const std::string xml = "<Tagging><TagSet>" + tags + "</TagSet></Tagging>";
    auto found = parse_tagging(as_bytes(xml));
    return found ? format_tag_header(*found) : found.error().code;
}

std::string tag(const std::string& key, const std::string& value) {
    return "<Tag><Key>" + key + "</Key><Value>" + value + "</Value></Tag>";
}

TEST(Tags, ReadTheHeader) {
    EXPECT_EQ(parsed("project=x&size=big"), "project=x&size=big");
    EXPECT_EQ(parsed("a+b=c%20d&empty="), "a%20b=c%20d&empty=");
    EXPECT_EQ(parsed(""), "");
    EXPECT_EQ(parsed("a=1&a=2"), "InvalidArgument");
    EXPECT_EQ(parsed("a=%zz"), "InvalidArgument");
    EXPECT_EQ(parsed("a=%FF"), "InvalidArgument");
    EXPECT_EQ(parsed("=x"), "InvalidTag");
    EXPECT_EQ(parsed("aws:a=x"), "InvalidTag");
    EXPECT_EQ(parsed("a=%0A"), "InvalidTag");
}

TEST(Tags, ReadXml) {
    EXPECT_EQ(parsed_xml(tag("a", "1") + tag("b", "")), "a=1&b=");
    EXPECT_EQ(parsed_xml(""), "");
    EXPECT_EQ(parsed_xml(tag("a", "1") + tag("a", "2")), "InvalidTag");
    EXPECT_EQ(parsed_xml("<Tag><Key>a</Key></Tag>"), "MalformedXML");
}

TEST(Tags, HaveBounds) {
    const auto characters = [](std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) text += "\xC3\xA4";
        return text;
    };
    EXPECT_NE(parsed_xml(tag(characters(128), characters(256))), "InvalidTag");
    EXPECT_EQ(parsed_xml(tag(characters(129), "")), "InvalidTag");
    EXPECT_EQ(parsed_xml(tag("a", characters(257))), "InvalidTag");
    std::string ten;
    for (std::size_t i = 0; i < kTagsMax; ++i) ten += tag(std::to_string(i), "");
    EXPECT_NE(parsed_xml(ten), "BadRequest");
    EXPECT_EQ(parsed_xml(ten + tag("x", "")), "BadRequest");
}

class ObjectTaggingTest : public ServiceTest {
  protected:
    http::Response tagging(const std::string& method, const std::string& body = "") {
        return send(Ask{.method = method, .path = "/photos/k", .query = "tagging", .body = body});
    }
};

TEST_F(ObjectTaggingTest, TagsArePutReadAndRemoved) {
    put("/photos/k", "x", {{"x-amz-tagging", "a=1"}});
    EXPECT_EQ(element(tagging("GET"), "TagSet"), "<Tag><Key>a</Key><Value>1</Value></Tag>");
    const std::string body = "<Tagging><TagSet>" + tag("b", "&lt;2&gt;") + "</TagSet></Tagging>";
    EXPECT_EQ(outcome(tagging("PUT", body)), "200");
    EXPECT_EQ(element(tagging("GET"), "Key"), "b");
    EXPECT_EQ(element(tagging("GET"), "Value"), "&lt;2&gt;");
    EXPECT_EQ(header(get("/photos/k"), "x-amz-tagging-count"), "1");
    EXPECT_EQ(tagging("DELETE").status, 204);
    EXPECT_EQ(element(tagging("GET"), "TagSet"), "");
    EXPECT_EQ(header(get("/photos/k"), "x-amz-tagging-count"), "");
}

TEST_F(ObjectTaggingTest, AnOverwriteDropsThem) {
    put("/photos/k", "x", {{"x-amz-tagging", "a=1"}});
    put("/photos/k", "y");
    EXPECT_EQ(element(tagging("GET"), "TagSet"), "");
}

TEST_F(ObjectTaggingTest, NeedsAnObjectAndTheGrants) {
    EXPECT_EQ(outcome(tagging("GET")), "404 NoSuchKey");
    EXPECT_EQ(outcome(tagging("DELETE")), "404 NoSuchKey");
    put("/photos/k", "x");
    EXPECT_EQ(outcome(send_as(function("reader"), Ask{.path = "/photos/k", .query = "tagging"})),
              "403 AccessDenied");
    const http::Response tagged =
        send_as(function("writer"),
                Ask{.method = "PUT", .path = "/photos/k", .headers = {{"x-amz-tagging", "a=1"}}});
    EXPECT_NE(element(tagged, "Message").find("s3:PutObjectTagging"), std::string::npos);
}

TEST_F(ObjectTaggingTest, ABadBodyChangesNothing) {
    put("/photos/k", "x", {{"x-amz-tagging", "a=1"}});
    EXPECT_EQ(outcome(tagging("PUT", "<Tagging/>")), "400 MalformedXML");
    EXPECT_EQ(outcome(tagging("PUT", "no xml")), "400 MalformedXML");
    EXPECT_EQ(element(tagging("GET"), "Key"), "a");
}

}  // namespace
}  // namespace imagemill::local::s3
