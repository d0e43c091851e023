#include "local/s3/delete_objects.h"

#include <gtest/gtest.h>

#include "local/s3/service_fixture.h"

namespace imagemill::local::s3 {
namespace {

std::string object(const std::string& key, const std::string& more = "") {
    return "<Object><Key>" + key + "</Key>" + more + "</Object>";
}

std::string delete_xml(const std::string& content) {
    return "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + content + "</Delete>";
}

class DeleteObjectsTest : public ServiceTest {
  protected:
    DeleteObjectsTest() {
        for (const char* key : {"a", "b", "c"}) put("/photos/" + std::string(key), key);
    }
    static Ask asking(const std::string& body) {
        return {.method = "POST",
                .path = "/photos",
                .query = "delete",
                .headers = {{"Content-MD5", format_base64(md5(as_bytes(body)))}},
                .body = body};
    }
    http::Response remove_all(const std::string& content) {
        return send(asking(delete_xml(content)));
    }
};

TEST_F(DeleteObjectsTest, RemovesWhatIsThereAndWhatIsNot) {
    const http::Response response = remove_all(object("a") + object("none") + object("b"));
    EXPECT_EQ(outcome(response), "200");
    const std::string xml = http::body_text(response);
    for (const char* key : {"a", "none", "b"}) {
        EXPECT_NE(xml.find("<Deleted><Key>" + std::string(key) + "</Key></Deleted>"),
                  std::string::npos);
    }
    EXPECT_FALSE(has("a"));
    EXPECT_FALSE(has("b"));
    EXPECT_TRUE(has("c"));
}

TEST_F(DeleteObjectsTest, QuietSaysErrorsOnly) {
    const std::string xml = http::body_text(
        remove_all("<Quiet>true</Quiet>" + object("a") + object("b", "<ETag>other</ETag>")));
    EXPECT_EQ(xml.find("<Deleted>"), std::string::npos);
    EXPECT_NE(xml.find("<Error><Key>b</Key><Code>PreconditionFailed</Code>"), std::string::npos);
    EXPECT_FALSE(has("a"));
    EXPECT_TRUE(has("b"));
}

TEST_F(DeleteObjectsTest, EachHasItsOwnCondition) {
    const auto code = [&](const std::string& content) {
        return element(remove_all(content), "Code");
    };
    const std::string etag = header(head("/photos/a"), "ETag");
    EXPECT_EQ(code(object("a", "<ETag>&quot;no&quot;</ETag>")), "PreconditionFailed");
    EXPECT_EQ(code(object("a", "<ETag/>")), "InvalidArgument");
    EXPECT_EQ(code(object("none", "<ETag>" + etag + "</ETag>")), "NoSuchKey");
    EXPECT_EQ(code(object("none", "<ETag>*</ETag>")), "PreconditionFailed");
    EXPECT_EQ(code(object("a", "<Size>1</Size>")), "NotImplemented");
    EXPECT_EQ(code(object("a", "<VersionId>3Lg</VersionId>")), "NoSuchVersion");
    EXPECT_EQ(code(object("")), "UserKeyMustBeSpecified");
    EXPECT_EQ(code(object(std::string(1025, 'k'))), "KeyTooLongError");
    EXPECT_TRUE(has("a"));
    EXPECT_EQ(code(object("a", "<ETag>" + etag + "</ETag><VersionId>null</VersionId>")), "");
    EXPECT_FALSE(has("a"));
}

TEST_F(DeleteObjectsTest, AskingIsAllowedKeyByKey) {
    const auto as = [&](const std::string& who, const std::string& content) {
        return element(send_as(function(who), asking(delete_xml(content))), "Code");
    };
    EXPECT_EQ(as("reader", object("a")), "AccessDenied");
    EXPECT_TRUE(has("a"));
    // A condition tells what is there, so it asks for leave to read.
    EXPECT_EQ(as("writer", object("a", "<ETag>x</ETag>")), "AccessDenied");
    EXPECT_EQ(as("writer", object("a")), "");
    EXPECT_FALSE(has("a"));
}

TEST_F(DeleteObjectsTest, TheBodyIsBoundedAndMustHaveASum) {
    std::string many;
    for (std::size_t i = 0; i <= kDeletionsMax; ++i) many += object(std::to_string(i));
    EXPECT_EQ(outcome(remove_all(many)), "400 MalformedXML");
    EXPECT_EQ(outcome(remove_all("")), "400 MalformedXML");
    EXPECT_EQ(outcome(remove_all("<Object/>")), "400 MalformedXML");
    EXPECT_EQ(outcome(send(asking("<Delete>"))), "400 MalformedXML");
    EXPECT_EQ(outcome(send(asking("<Other/>"))), "400 MalformedXML");
    EXPECT_EQ(outcome(remove_all(object("a\xFF"))), "400 MalformedXML");
    EXPECT_EQ(outcome(send(asking(std::string(5 << 20, ' ')))), "400 MalformedXML");
    Ask without = asking(delete_xml(object("a")));
    without.headers = {};
    EXPECT_EQ(outcome(send(without)), "400 InvalidRequest");
    Ask wrong = asking(delete_xml(object("a")));
    wrong.headers.set("Content-MD5", format_base64(md5(as_bytes("other"))));
    EXPECT_EQ(outcome(send(wrong)), "400 BadDigest");
    EXPECT_TRUE(has("a"));
}

TEST_F(DeleteObjectsTest, AReferenceToNulRemovesNoOtherKey) {
    EXPECT_EQ(outcome(remove_all(object("a&#0;b"))), "400 MalformedXML");
    EXPECT_EQ(outcome(remove_all(object("a&#x00;b"))), "400 MalformedXML");
    EXPECT_TRUE(has("a"));
}

TEST_F(DeleteObjectsTest, KeysAreTakenAsTheyAre) {
    put("/photos/%20", "x");
    put("/photos/%3C%26%0A", "x");
    EXPECT_EQ(outcome(remove_all(object(" ") + object("&lt;&amp;&#10;"))), "200");
    EXPECT_FALSE(has(" "));
    EXPECT_FALSE(has("<&\n"));
}

}  // namespace
}  // namespace imagemill::local::s3
