#include <gtest/gtest.h>

#include "local/s3/service_fixture.h"

namespace imagemill::local::s3 {
namespace {

class ListObjectsV2 : public ServiceTest {
  protected:
    http::Response list(const std::string& parameters) {
        return send(Ask{.path = "/photos", .query = "list-type=2" + parameters});
    }

    // The texts of every element of that name.
    static std::vector<std::string> all(const http::Response& response, const std::string& name) {
        const std::string xml = http::body_text(response);
        const std::string open = "<" + name + ">";
        std::vector<std::string> texts;
        for (std::size_t at = xml.find(open); at != std::string::npos; at = xml.find(open, at)) {
            at += open.size();
            texts.push_back(xml.substr(at, xml.find("</" + name + ">", at) - at));
        }
        return texts;
    }

    void store(const std::vector<std::string>& keys) {
        for (const std::string& key : keys) {
            ASSERT_EQ(put("/photos/" + percent_encode(key, Slash::keep), key).status, 200) << key;
        }
    }

    // Page by page, as a client follows the tokens.
    std::vector<std::string> walk(const std::string& parameters, const std::string& element_name) {
        std::vector<std::string> found;
        std::string token;
        for (int page = 0; page < 100; ++page) {
            const http::Response response =
                list(parameters + (token.empty() ? "" : "&continuation-token=" + token));
            EXPECT_EQ(response.status, 200);
            for (std::string& text : all(response, element_name)) {
                found.push_back(std::move(text));
            }
            token = element(response, "NextContinuationToken");
            EXPECT_EQ(element(response, "IsTruncated"), token.empty() ? "false" : "true");
            if (token.empty()) return found;
        }
        ADD_FAILURE() << "the pages do not end";
        return found;
    }
};

using Texts = std::vector<std::string>;

TEST_F(ListObjectsV2, ListsKeysInByteOrderWithWhatIsKnown) {
    store({"b", "a", "\xC3\xA4", "B"});
    const http::Response response = list("");
    EXPECT_EQ(all(response, "Key"), (Texts{"B", "a", "b", "\xC3\xA4"}));
    EXPECT_EQ(element(response, "KeyCount"), "4");
    EXPECT_EQ(element(response, "MaxKeys"), "1000");
    EXPECT_EQ(element(response, "Name"), "photos");
    EXPECT_EQ(element(response, "IsTruncated"), "false");
    EXPECT_EQ(all(response, "Size"), (Texts{"1", "1", "1", "2"}));
    EXPECT_EQ(element(response, "LastModified"), "2026-12-01T12:00:00.000Z");
    EXPECT_EQ(element(response, "ETag"), "&quot;" + format_hex(md5(as_bytes("B"))) + "&quot;");
    EXPECT_EQ(header(response, "Content-Type"), "application/xml");
}

TEST_F(ListObjectsV2, KeepsToAPrefix) {
    store({"a", "dir/a", "dir/b", "dirs"});
    EXPECT_EQ(all(list("&prefix=dir%2F"), "Key"), (Texts{"dir/a", "dir/b"}));
    EXPECT_EQ(all(list("&prefix=none"), "Key"), Texts{});
}

TEST_F(ListObjectsV2, FoldsWhatADelimiterDivides) {
    store({"a", "dir/a", "dir/b", "other/x", "z"});
    const http::Response response = list("&delimiter=%2F");
    EXPECT_EQ(all(response, "Key"), (Texts{"a", "z"}));
    EXPECT_NE(
        http::body_text(response).find("<CommonPrefixes><Prefix>dir/</Prefix></CommonPrefixes>"),
        std::string::npos);
    EXPECT_EQ(element(response, "KeyCount"), "4");
}

TEST_F(ListObjectsV2, StartsAfterAKey) {
    store({"a", "b", "c"});
    EXPECT_EQ(all(list("&start-after=a"), "Key"), (Texts{"b", "c"}));
    EXPECT_EQ(all(list("&start-after=aa"), "Key"), (Texts{"b", "c"}));
    EXPECT_EQ(element(list("&start-after=a"), "StartAfter"), "a");
}

TEST_F(ListObjectsV2, GoesOnPageByPageOverOddKeys) {
    const Texts keys{"a b", "a%2Fb", "a+b", "a/", "a//b", "a/b", "\xC3\xA4", "\xF0\x9F\x98\x80"};
    store(keys);
    for (const char* size : {"1", "2", "3", "8", "9"}) {
        EXPECT_EQ(walk("&max-keys=" + std::string(size), "Key"), keys) << size;
    }
}

TEST_F(ListObjectsV2, ListsEachCommonPrefixOnceOverItsPages) {
    store({"a/1", "a/2", "b", "c/1", "c/2", "d"});
    Texts prefixes;
    for (std::string& text : walk("&delimiter=%2F&max-keys=1", "Prefix")) {
        if (!text.empty()) prefixes.push_back(std::move(text));
    }
    EXPECT_EQ(prefixes, (Texts{"a/", "c/"}));
    EXPECT_EQ(walk("&delimiter=%2F&max-keys=1", "Key"), (Texts{"b", "d"}));
}

TEST_F(ListObjectsV2, EncodesKeysThatXmlCannotHold) {
    store({"a\nb", "a&b", "a b"});
    EXPECT_EQ(element(list("&encoding-type=url"), "EncodingType"), "url");
    const Texts keys = all(list("&encoding-type=url"), "Key");
    ASSERT_EQ(keys.size(), 3U);
    EXPECT_EQ(keys[0], "a%0Ab");
    EXPECT_EQ(keys[2], "a%26b");
}

TEST_F(ListObjectsV2, MayAskForNoKeys) {
    store({"a"});
    const http::Response response = list("&max-keys=0");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(element(response, "KeyCount"), "0");
    EXPECT_EQ(element(response, "MaxKeys"), "0");
    EXPECT_EQ(element(response, "IsTruncated"), "false");
}

TEST_F(ListObjectsV2, RefusesParametersThatAreNone) {
    const http::Response response = list("&max-keys=-1");
    EXPECT_EQ(outcome(response), "400 InvalidArgument");
    EXPECT_EQ(element(response, "ArgumentName"), "max-keys");
    EXPECT_EQ(element(response, "ArgumentValue"), "-1");
    EXPECT_EQ(outcome(list("&continuation-token=!!")), "400 InvalidArgument");
    EXPECT_EQ(outcome(list("&encoding-type=xml")), "400 InvalidArgument");
}

TEST_F(ListObjectsV2, NamesTheOwnerOnlyWhenAsked) {
    store({"a"});
    EXPECT_EQ(element(list(""), "Owner"), "");
    EXPECT_NE(element(list("&fetch-owner=true"), "Owner"), "");
}

TEST_F(ListObjectsV2, IsForThoseWhoMay) {
    const Ask ask{.path = "/photos", .query = "list-type=2"};
    EXPECT_EQ(send_as(function("lister"), ask).status, 200);
    EXPECT_EQ(outcome(send_as(function("reader"), ask)), "403 AccessDenied");
}

}  // namespace
}  // namespace imagemill::local::s3
