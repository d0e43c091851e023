#include <gtest/gtest.h>

#include "local/s3/cors_rules.h"
#include "local/s3/service_fixture.h"

namespace imagemill::local::s3 {
namespace {

std::string configuration(const std::string& rules) {
    return "<CORSConfiguration>" + rules + "</CORSConfiguration>";
}

// The user guide's example, but for the methods' order.
const std::string kRules = configuration(
    "<CORSRule><AllowedOrigin>http://www.example1.com</AllowedOrigin>"
    "<AllowedMethod>PUT</AllowedMethod><AllowedMethod>DELETE</AllowedMethod>"
    "<AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>"
    "<MaxAgeSeconds>60</MaxAgeSeconds></CORSRule>"
    "<CORSRule><AllowedOrigin>http://*.example2.com</AllowedOrigin>"
    "<AllowedMethod>GET</AllowedMethod></CORSRule>"
    "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod></CORSRule>");

class BucketCorsTest : public ServiceTest {
  protected:
    http::Response cors(const std::string& method, const std::string& body = "") {
        return send(Ask{.method = method, .path = "/photos", .query = "cors", .body = body});
    }
    http::Response preflight(const std::string& origin, const std::string& method,
                             const std::string& headers = "") {
        Ask ask{.method = "OPTIONS",
                .path = "/photos/k",
                .headers = {{"Origin", origin}, {"Access-Control-Request-Method", method}}};
        if (!headers.empty()) ask.headers.add("Access-Control-Request-Headers", headers);
        return send_unsigned(ask);
    }
};

TEST_F(BucketCorsTest, RulesArePutReadAndRemoved) {
    const http::Response none = cors("GET");
    EXPECT_EQ(outcome(none), "404 NoSuchCORSConfiguration");
    EXPECT_EQ(element(none, "BucketName"), "photos");
    EXPECT_EQ(outcome(cors("PUT", kRules)), "200");
    auto kept = parse_cors_rules(as_bytes(http::body_text(cors("GET"))));
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->size(), 3U);
    EXPECT_EQ(kept->front().max_age_seconds, 60);
    EXPECT_EQ(cors("DELETE").status, 204);
    EXPECT_EQ(outcome(cors("GET")), "404 NoSuchCORSConfiguration");
}

TEST_F(BucketCorsTest, TheFirstRuleThatFitsAnswersThePreflight) {
    cors("PUT", kRules);
    const http::Response response =
        preflight("http://www.example1.com", "DELETE", "x-amz-date,X-Amz-Meta-a");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "http://www.example1.com");
    EXPECT_EQ(header(response, "Access-Control-Allow-Methods"), "PUT, DELETE");
    EXPECT_EQ(header(response, "Access-Control-Allow-Headers"), "x-amz-date, X-Amz-Meta-a");
    EXPECT_EQ(header(response, "Access-Control-Expose-Headers"), "ETag");
    EXPECT_EQ(header(response, "Access-Control-Max-Age"), "60");
    EXPECT_EQ(header(response, "Access-Control-Allow-Credentials"), "true");
    EXPECT_EQ(header(preflight("http://any.example.net", "HEAD"), "Access-Control-Allow-Origin"),
              "*");
    EXPECT_EQ(
        header(preflight("http://any.example.net", "HEAD"), "Access-Control-Allow-Credentials"),
        "");
}

TEST_F(BucketCorsTest, OthersAreNotLetIn) {
    cors("PUT", kRules);
    EXPECT_EQ(outcome(preflight("http://www.example1.com", "GET")), "403 AccessForbidden");
    EXPECT_EQ(outcome(preflight("http://www.example1.com", "PUT", "authorization")),
              "403 AccessForbidden");
    EXPECT_EQ(outcome(preflight("http://example2.com", "GET")), "403 AccessForbidden");
    EXPECT_EQ(preflight("http://a.example2.com", "GET").status, 200);
    EXPECT_EQ(header(get("/photos/none", {{"Origin", "http://www.example1.com"}}),
                     "Access-Control-Allow-Origin"),
              "");
    EXPECT_EQ(header(get("/photos/none", {{"Origin", "http://a.example2.com"}}),
                     "Access-Control-Allow-Origin"),
              "http://a.example2.com");
}

TEST_F(BucketCorsTest, RulesAreOfTheirBucketAndThePageKeepsItsOwn) {
    ASSERT_TRUE(store_->create_bucket("album"));
    cors("PUT", kRules);
    const http::Response other =
        send_unsigned({.method = "OPTIONS",
                       .path = "/album",
                       .headers = {{"Origin", "http://www.example1.com"},
                                   {"Access-Control-Request-Method", "PUT"}}});
    EXPECT_EQ(outcome(other), "403 AccessForbidden");
    EXPECT_EQ(preflight(kPage, "POST").status, 200);
}

TEST_F(BucketCorsTest, RefusesRulesThatS3Refuses) {
    const auto put_rule = [&](const std::string& rule) {
        return outcome(cors("PUT", configuration("<CORSRule>" + rule + "</CORSRule>")));
    };
    const std::string origin = "<AllowedOrigin>*</AllowedOrigin>";
    const std::string method = "<AllowedMethod>GET</AllowedMethod>";
    EXPECT_EQ(put_rule(origin + method), "200");
    EXPECT_EQ(put_rule(origin), "400 MalformedXML");
    EXPECT_EQ(put_rule(method), "400 MalformedXML");
    EXPECT_EQ(put_rule(origin + "<AllowedMethod>PATCH</AllowedMethod>"), "400 InvalidRequest");
    EXPECT_EQ(put_rule("<AllowedOrigin>http://*.*</AllowedOrigin>" + method), "400 InvalidRequest");
    EXPECT_EQ(put_rule(origin + method + "<ExposeHeader>x-*</ExposeHeader>"), "400 InvalidRequest");
    EXPECT_EQ(put_rule(origin + method + "<ExposeHeader>a&#13;&#10;b: c</ExposeHeader>"),
              "400 InvalidRequest");
    EXPECT_EQ(put_rule(origin + method + "<MaxAgeSeconds>-1</MaxAgeSeconds>"), "400 MalformedXML");
    EXPECT_EQ(outcome(cors("PUT", configuration(""))), "400 MalformedXML");
    std::string many;
    for (std::size_t i = 0; i <= kCorsRulesMax; ++i) {
        many += "<CORSRule>" + origin + method + "</CORSRule>";
    }
    EXPECT_EQ(outcome(cors("PUT", configuration(many))), "400 InvalidRequest");
}

}  // namespace
}  // namespace imagemill::local::s3
