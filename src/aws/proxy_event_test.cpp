#include "aws/proxy_event.h"

#include <gtest/gtest.h>

#include "base/encodings.h"

namespace imagemill::aws {
namespace {

// Amazon's developer guide, payload format 2.0; the body is "hi".
constexpr std::string_view kEvent2 = R"({"version":"2.0","routeKey":"POST /images/{name}",
 "rawPath":"/images/a b+c.jpg","rawQueryString":"w=100&w=200&fmt=web%20p&x",
 "cookies":["a=1","b=2"],"headers":{"content-type":"image/jpeg","x-dup":"v1,v2"},
 "queryStringParameters":{"w":"100,200","fmt":"web p"},
 "requestContext":{"accountId":"123456789012","apiId":"api-id",
  "domainName":"api-id.execute-api.us-east-1.amazonaws.com","domainPrefix":"api-id",
  "http":{"method":"POST","path":"/images/a b+c.jpg","protocol":"HTTP/1.1",
          "sourceIp":"203.0.113.1","userAgent":"agent"},
  "requestId":"JKJaXmPLvHcESHA=","routeKey":"POST /images/{name}","stage":"$default",
  "time":"12/Mar/2020:19:03:58 +0000","timeEpoch":1583348638390},
 "body":"aGk=","pathParameters":{"name":"a b+c.jpg"},"isBase64Encoded":true})";

// A REST API's, with its nulls.
constexpr std::string_view kEvent1 = R"({"resource":"/{proxy+}","path":"/image/a%20b%2Fc.jpg",
 "httpMethod":"GET","headers":{"Accept":"b","Host":"id.execute-api.us-east-1.amazonaws.com"},
 "multiValueHeaders":{"Accept":["a","b"],"Host":["id.execute-api.us-east-1.amazonaws.com"]},
 "queryStringParameters":{"wait":"2","q":"a b&c"},
 "multiValueQueryStringParameters":{"wait":["1","2"],"q":["a b&c"]},
 "pathParameters":{"proxy":"image/a b/c.jpg"},"stageVariables":null,
 "requestContext":{"resourceId":"r","resourcePath":"/{proxy+}","httpMethod":"GET",
  "path":"/prod/image/a%20b%2Fc.jpg","protocol":"HTTP/1.1","stage":"prod","apiId":"id",
  "domainPrefix":"id","requestTime":"04/Mar/2020:19:15:17 +0000",
  "requestTimeEpoch":1583349317135,"requestId":"rest-id","identity":{"sourceIp":"203.0.113.2"}},
 "body":null,"isBase64Encoded":false})";

json::value json_of(std::string_view text) {
    auto value = parse_json(text);
    EXPECT_TRUE(value) << value.error().message;
    return value ? std::move(*value) : json::value();
}

std::string edited(std::string_view text, std::string_view from, std::string_view to) {
    std::string changed(text);
    const std::size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    if (at != std::string::npos) changed.replace(at, from.size(), to);
    return changed;
}

ProxyRequest parsed(std::string_view text) {
    auto event = parse_proxy_event(json_of(text));
    EXPECT_TRUE(event) << event.error().message;
    return event ? std::move(*event) : ProxyRequest();
}

std::string body_of(http::Request& request) {
    const auto body = http::read_all(*request.body, 1'000'000, "the test");
    EXPECT_TRUE(body);
    return body ? std::string(as_text(*body)) : "";
}

http::Request request_of(std::string method, std::string path, std::string query,
                         http::Headers headers) {
    http::Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.query = std::move(query);
    request.headers = std::move(headers);
    request.peer = "198.51.100.7";
    return request;
}

ProxyContext some_context() {
    return {.request_id = "req-1",
            .trace_id = "Root=1-5759e988-bd862e3fe1be46a994272793",
            .domain = "localhost:8080",
            .route = "ANY /{proxy+}",
            .now = *parse_rfc3339("2020-03-12T19:03:58.390Z")};
}

ProxyRequest round_trip(const http::Request& request, std::string_view body) {
    return parsed(format_proxy_event(request, as_bytes(body), some_context()));
}

// --- The function's side.

TEST(ProxyEvent, OfPayload2IsRead) {
    ProxyRequest event = parsed(kEvent2);

    EXPECT_EQ(event.version, ProxyVersion::v2);
    EXPECT_EQ(event.request_id, "JKJaXmPLvHcESHA=");
    EXPECT_EQ(event.request.method, "POST");
    EXPECT_EQ(event.request.path, "/images/a%20b%2Bc.jpg");
    EXPECT_EQ(event.request.query, "w=100&w=200&fmt=web%20p&x");
    EXPECT_EQ(event.request.headers.get_or("Content-Type", ""), "image/jpeg");
    EXPECT_EQ(event.request.headers.get_or("Cookie", ""), "a=1; b=2");
    EXPECT_EQ(event.request.peer, "203.0.113.1");
    EXPECT_EQ(event.request.content_length, 2);
    EXPECT_EQ(body_of(event.request), "hi");
}

TEST(ProxyEvent, OfPayload1IsRead) {
    ProxyRequest event = parsed(kEvent1);

    EXPECT_EQ(event.version, ProxyVersion::v1);
    EXPECT_EQ(event.request_id, "rest-id");
    EXPECT_EQ(event.request.method, "GET");
    EXPECT_EQ(event.request.path, "/image/a%20b%2Fc.jpg");
    EXPECT_EQ(event.request.query, "wait=1&wait=2&q=a%20b%26c");
    EXPECT_EQ(event.request.headers.count("accept"), 2U);
    EXPECT_EQ(event.request.headers.count("host"), 1U);
    EXPECT_EQ(event.request.peer, "203.0.113.2");
    EXPECT_EQ(body_of(event.request), "");
}

TEST(ProxyEvent, OfPayload1FromAnHttpApiHasADecodedPath) {
    const ProxyRequest event =
        parsed(edited(edited(kEvent1, "{\"resource\"", "{\"version\":\"1.0\",\"resource\""),
                      "/image/a%20b%2Fc.jpg", "/image/a b%20.jpg"));

    EXPECT_EQ(event.version, ProxyVersion::v1);
    EXPECT_EQ(event.request.path, "/image/a%20b%2520.jpg");
}

TEST(ProxyEvent, OfPayload1MayHaveSingleValuesOnly) {
    const ProxyRequest event =
        parsed(R"({"httpMethod":"GET","path":"/","headers":{"A":"1"},"multiValueHeaders":null,)"
               R"("queryStringParameters":{"b":"ü"},"multiValueQueryStringParameters":null,)"
               R"("requestContext":{"requestId":"r"}})");

    EXPECT_EQ(event.request.headers.get_or("a", ""), "1");
    EXPECT_EQ(event.request.query, "b=%C3%BC");
}

TEST(ProxyEvent, OfAFunctionUrlHasItsPathAsItCame) {
    const ProxyRequest event =
        parsed(edited(edited(kEvent2, "api-id.execute-api.us-east-1.amazonaws.com",
                             "id.lambda-url.us-east-1.on.aws"),
                      "/images/a b+c.jpg", "/images/a%20b+%2520\\\"ü?.jpg"));

    EXPECT_EQ(event.request.path, "/images/a%20b+%2520%22%C3%BC%3F.jpg");
}

TEST(ProxyEvent, LosesItsStage) {
    const auto path = [](std::string_view stage, std::string_view raw_path,
                         std::string_view prefix) {
        std::string text = edited(kEvent2, "$default", stage);
        text = edited(text, "/images/a b+c.jpg", raw_path);
        return parsed(edited(text, "\"domainPrefix\":\"api-id\"",
                             "\"domainPrefix\":\"" + std::string(prefix) + "\""))
            .request.path;
    };

    EXPECT_EQ(path("dev", "/dev/image/dev", "api-id"), "/image/dev");
    EXPECT_EQ(path("dev", "/dev", "api-id"), "/");
    EXPECT_EQ(path("dev", "/developer", "api-id"), "/developer");
    EXPECT_EQ(path("image", "/image/cat.jpg", "pictures"), "/image/cat.jpg");
    EXPECT_EQ(path("$default", "/image/cat.jpg", "api-id"), "/image/cat.jpg");
}

TEST(ProxyEvent, NamesTheFieldThatIsWrong) {
    for (const auto& [from, to, path] :
         {std::tuple("\"rawPath\"", "\"path\"", "rawPath"),
          std::tuple("\"method\":\"POST\"", "\"method\":1", "requestContext.http.method"),
          std::tuple("\"headers\":{", "\"headers\":[], \"x\":{", "headers"),
          std::tuple("\"v1,v2\"", "7", "headers.x-dup"),
          std::tuple("[\"a=1\",", "[1,", "cookies[0]"), std::tuple("\"aGk=\"", "{}", "body"),
          std::tuple("aGk=", "a", "body"),
          std::tuple("\"isBase64Encoded\":true", "\"isBase64Encoded\":1", "isBase64Encoded")}) {
        const auto event = parse_proxy_event(json_of(edited(kEvent2, from, to)));
        ASSERT_FALSE(event) << from;
        EXPECT_EQ(event.error().code, Code::invalid_argument);
        EXPECT_TRUE(event.error().message.starts_with(path)) << event.error().message;
    }
    EXPECT_FALSE(parse_proxy_event(json_of("{}")));
    EXPECT_FALSE(parse_proxy_event(json_of("[]")));
}

TEST(ProxyEvent, IsToldFromOtherEvents) {
    EXPECT_TRUE(is_proxy_event(json_of(kEvent1)));
    EXPECT_TRUE(is_proxy_event(json_of(kEvent2)));
    for (const std::string_view text :
         {R"({"Records":[]})", "[]", "null", R"({"requestContext":{"condition":"x"}})",
          R"({"httpMethod":"GET"})", R"({"requestContext":7})"}) {
        EXPECT_FALSE(is_proxy_event(json_of(text))) << text;
    }
}

TEST(ProxyResponse, SendsTextAsTextAndTheRestAsBase64) {
    struct Row {
        std::string_view type, body, expected;
    };
    for (const Row& row :
         {Row{"text/plain; charset=utf-8", "a\"ü", R"("body":"a\"ü","isBase64Encoded":false})"},
          Row{"application/json", "{}", R"("body":"{}","isBase64Encoded":false})"},
          Row{"Application/Problem+JSON", "{}", R"("body":"{}","isBase64Encoded":false})"},
          Row{"application/xml", "<a/>", R"("body":"<a/>","isBase64Encoded":false})"},
          Row{"application/javascript", "1", R"("body":"1","isBase64Encoded":false})"},
          Row{"text/plain", "\xFF", R"("body":"/w==","isBase64Encoded":true})"},
          Row{"image/png", "png", R"("body":"cG5n","isBase64Encoded":true})"},
          Row{"image/svg+xml", "<svg/>", R"("body":"PHN2Zy8+","isBase64Encoded":true})"},
          Row{"application/octet-stream", "a", R"("body":"YQ==","isBase64Encoded":true})"},
          Row{"", "a", R"("body":"YQ==","isBase64Encoded":true})"},
          Row{"image/png", "", R"("isBase64Encoded":false})"}}) {
        const std::string text =
            format_proxy_response(http::Response::text(200, row.type, row.body), ProxyVersion::v2);
        EXPECT_TRUE(text.ends_with(row.expected)) << text;
        EXPECT_TRUE(parse_json(text)) << text;
    }
}

TEST(ProxyResponse, OfVersion2HasCookiesApartAndValuesJoined) {
    http::Response response = http::Response::text(201, "application/json", "{}");
    response.headers.add("Set-Cookie", "a=1; Expires=Tue, 01 Dec 2026 12:00:00 GMT");
    response.headers.add("Vary", "Origin");
    response.headers.add("vary", "Accept");
    response.headers.add("Content-Length", "2");
    response.headers.add("Set-Cookie", "b=2");

    EXPECT_EQ(format_proxy_response(response, ProxyVersion::v2),
              R"({"statusCode":201,"headers":{"content-type":"application/json",)"
              R"("vary":"Origin,Accept"},"cookies":["a=1; Expires=Tue, 01 Dec 2026 12:00:00 GMT",)"
              R"("b=2"],"body":"{}","isBase64Encoded":false})");
}

TEST(ProxyResponse, OfVersion1HoldsNoMemberARestApiDoesNotKnow) {
    http::Response response = http::Response::text(200, "text/plain", "x");
    response.headers.add("Set-Cookie", "a=1");
    response.headers.add("Set-Cookie", "b=2");

    const std::string text = format_proxy_response(response, ProxyVersion::v1);

    EXPECT_EQ(text, R"({"statusCode":200,"headers":{"content-type":"text/plain"},)"
                    R"("multiValueHeaders":{"set-cookie":["a=1","b=2"]},)"
                    R"("body":"x","isBase64Encoded":false})");
}

TEST(ProxyResponse, RunsAProducer) {
    http::Response response;
    response.headers.add("Content-Type", "text/plain");
    response.body = http::Producer([](http::BodyWriter& writer) {
        writer.write(as_bytes("one "));
        writer.write(as_bytes("two"));
    });

    EXPECT_NE(format_proxy_response(response, ProxyVersion::v2).find("\"body\":\"one two\""),
              std::string::npos);
}

// --- The gateway's side.

TEST(ProxyGateway, WritesAnEventAsApiGatewayDoes) {
    const auto request = request_of("POST", "/images/a%20b.jpg", "w=1&w=2&f=a+b&g",
                                    {{"Host", "localhost:8080"},
                                     {"Content-Type", "application/json"},
                                     {"Cookie", "a=1; b=2"},
                                     {"X-Dup", "v1"},
                                     {"x-dup", "v2"},
                                     {"Connection", "keep-alive"},
                                     {"User-Agent", "agent"}});

    EXPECT_EQ(format_proxy_event(request, as_bytes("{\"a\":1}"), some_context()),
              R"({"version":"2.0","routeKey":"ANY /{proxy+}","rawPath":"/images/a b.jpg",)"
              R"("rawQueryString":"w=1&w=2&f=a+b&g","cookies":["a=1","b=2"],)"
              R"("headers":{"content-length":"7","content-type":"application/json",)"
              R"("host":"localhost:8080","user-agent":"agent",)"
              R"("x-amzn-trace-id":"Root=1-5759e988-bd862e3fe1be46a994272793","x-dup":"v1,v2",)"
              R"("x-forwarded-for":"198.51.100.7"},)"
              R"("queryStringParameters":{"w":"1,2","f":"a b","g":""},)"
              R"("requestContext":{"accountId":"000000000000","apiId":"imagemill",)"
              R"("domainName":"localhost","domainPrefix":"localhost",)"
              R"("http":{"method":"POST","path":"/images/a b.jpg","protocol":"HTTP/1.1",)"
              R"("sourceIp":"198.51.100.7","userAgent":"agent"},"requestId":"req-1",)"
              R"("routeKey":"ANY /{proxy+}","stage":"$default",)"
              R"("time":"12/Mar/2020:19:03:58 +0000","timeEpoch":1584039838390},)"
              R"("body":"{\"a\":1}","isBase64Encoded":false})");
}

TEST(ProxyGateway, CarriesAFileNameThroughUnharmed) {
    for (const std::string_view name :
         {"a b+ü%20.jpg", "100%.jpg", "a%2Fb.jpg", "%252F", "a?b#c&d=e.jpg", "\"\\\x01.jpg",
          "trips/rome//x/../y.jpg"}) {
        const auto request = request_of("GET", "/image/" + percent_encode(name, Slash::keep), "",
                                        {{"Host", "localhost"}});

        const ProxyRequest event = round_trip(request, "");

        const auto path = percent_decode(event.request.path);
        ASSERT_TRUE(path);
        EXPECT_EQ(*path, "/image/" + std::string(name));
    }
}

TEST(ProxyGateway, CarriesBodiesThroughUnharmed) {
    std::string every_byte;
    for (int i = 0; i < 1000; ++i) every_byte += static_cast<char>(i % 256);
    for (const auto& [type, body] :
         {std::pair("image/jpeg", every_byte), std::pair("text/plain", every_byte),
          std::pair("application/json", std::string("{\"a\":\"\\u0000\xC3\xBC\"}")),
          std::pair("text/plain", std::string("a\0b", 3)), std::pair("", std::string("x")),
          std::pair("multipart/form-data; boundary=b", std::string("--b\r\n"))}) {
        const auto request =
            request_of("POST", "/upload", "", {{"Host", "localhost"}, {"Content-Type", type}});

        ProxyRequest event = round_trip(request, body);

        EXPECT_EQ(event.request.content_length, static_cast<std::int64_t>(body.size()));
        EXPECT_EQ(body_of(event.request), body);
    }
}

TEST(ProxyGateway, AlwaysWritesValidJson) {
    const auto request = request_of("GET", "/image/%FF/%zz\xFE", "q=\xFF&%zz",
                                    {{"Host", "\xFF"}, {"X-A", "caf\xE9"}, {"Cookie", "\xFF=1"}});

    const ProxyRequest event = round_trip(request, "");

    EXPECT_EQ(event.request.headers.get_or("x-a", ""), "café");
    EXPECT_EQ(percent_decode(event.request.path).has_value(), true);
}

TEST(ProxyGateway, AddsThePeerToThoseForwardedFor) {
    const auto request = request_of("GET", "/", "", {{"X-Forwarded-For", "203.0.113.9"}});

    EXPECT_EQ(round_trip(request, "").request.headers.get_or("x-forwarded-for", ""),
              "203.0.113.9, 198.51.100.7");
}

TEST(ProxyGateway, ReadsTheAnswerOfTheFunction) {
    http::Response response = http::Response::text(302, "image/webp", "\xFF\x01");
    response.headers.add("Location", "https://example.com/a?b=c");
    response.headers.add("Set-Cookie", "a=1");
    response.headers.add("Set-Cookie", "b=2");

    const auto read = parse_proxy_response(format_proxy_response(response, ProxyVersion::v2));

    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->status, 302);
    EXPECT_EQ(read->headers.get_or("content-type", ""), "image/webp");
    EXPECT_EQ(read->headers.get_or("location", ""), "https://example.com/a?b=c");
    EXPECT_EQ(read->headers.count("set-cookie"), 2U);
    EXPECT_EQ(http::body_text(*read), "\xFF\x01");
}

TEST(ProxyGateway, TakesAnythingElseForTheBodyOfA200) {
    for (const auto& [text, body] : {std::pair(R"({"hello":"world"})", R"({"hello":"world"})"),
                                     std::pair(R"("hello")", "hello"), std::pair("3", "3"),
                                     std::pair(R"(["hello",3,true])", R"(["hello",3,true])")}) {
        const auto read = parse_proxy_response(text);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->status, 200);
        EXPECT_EQ(read->headers.get_or("Content-Type", ""), "application/json");
        EXPECT_EQ(http::body_text(*read), body);
    }
}

TEST(ProxyGateway, IsLenientWhereApiGatewayIs) {
    const auto read = parse_proxy_response(
        R"({"statusCode":"404","headers":{"x-a":true,"x-b":7,"Content-Length":"99"},"more":1})");

    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->status, 404);
    EXPECT_EQ(read->headers.get_or("x-a", ""), "true");
    EXPECT_EQ(read->headers.get_or("x-b", ""), "7");
    EXPECT_FALSE(read->headers.get("content-length"));
    EXPECT_EQ(read->headers.get_or("content-type", ""), "application/json");
    EXPECT_EQ(http::body_text(*read), "");
}

TEST(ProxyGateway, RefusesAnAnswerThatIsNone) {
    for (const auto& [text, path] :
         {std::pair("not json", "This is not JSON"),
          std::pair(R"({"statusCode":"abc"})", "statusCode"),
          std::pair(R"({"statusCode":199})", "statusCode"),
          std::pair(R"({"statusCode":600})", "statusCode"),
          std::pair(R"({"statusCode":null})", "statusCode"),
          std::pair(R"({"statusCode":200,"headers":[]})", "headers"),
          std::pair(R"({"statusCode":200,"headers":{"a":{}}})", "headers.a"),
          std::pair(R"({"statusCode":200,"headers":{"a":"b\r\nc: d"}})", "headers.a"),
          std::pair(R"({"statusCode":200,"headers":{"a b":"c"}})", "headers"),
          std::pair(R"({"statusCode":200,"headers":{"a\r\nb":"c"}})", "headers"),
          std::pair(R"({"statusCode":200,"cookies":["a\n"]})", "cookies[0]"),
          std::pair(R"({"statusCode":200,"body":{}})", "body"),
          std::pair(R"({"statusCode":200,"body":"*","isBase64Encoded":true})", "body")}) {
        const auto read = parse_proxy_response(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, Code::invalid_argument);
        EXPECT_TRUE(read.error().message.starts_with(path)) << read.error().message;
    }
}

}  // namespace
}  // namespace imagemill::aws
