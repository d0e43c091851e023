#include <gtest/gtest.h>

#include <random>

#include "aws/sigv4.h"
#include "aws/sigv4_example.h"

namespace imagemill::aws {
namespace {

VerifyOptions options_at(Time now) {
    return {.region = "us-east-1",
            .now = now,
            .find_key = [](std::string_view access_key) -> std::optional<Credentials> {
                if (access_key != kTarget.credentials.access_key) return std::nullopt;
                return kTarget.credentials;
            }};
}

http::Request presigned_request(int seconds = 86'400, http::Parameters parameters = {}) {
    return request_of(
        "GET", "/test.txt",
        presign_query("GET", "/test.txt", kHost, parameters, seconds, kTarget, example_time()),
        {{"Host", std::string(kHost)}});
}

void replace(std::string& text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from << " is not in " << text;
    text.replace(at, from.size(), to);
}

void edit_authorization(http::Request& request, std::string_view from, std::string_view to) {
    std::string value(request.headers.get_or("Authorization", ""));
    replace(value, from, to);
    request.headers.set("Authorization", value);
}

AuthError refused(const http::Request& request, Time now = example_time()) {
    const auto verified = verify(request, options_at(now));
    const auto* error = std::get_if<AuthError>(&verified);
    EXPECT_NE(error, nullptr) << "the request was let in";
    return error == nullptr ? AuthError{} : *error;
}

bool let_in(const http::Request& request, Time now = example_time()) {
    const auto verified = verify(request, options_at(now));
    const auto* error = std::get_if<AuthError>(&verified);
    if (error != nullptr) ADD_FAILURE() << error->code << ": " << error->message;
    return error == nullptr;
}

std::string detail(const AuthError& error, std::string_view name) {
    for (const auto& [key, value] : error.details) {
        if (key == name) return value;
    }
    return "";
}

// --- What is let in.

TEST(Verify, LetsInWhatSignSigned) {
    const auto request = signed_request(
        "PUT", "/b/a%20b+%C3%BC%2520.jpg", "x-id=PutObject&a=%2F",
        {{"Host", std::string(kHost)}, {"Content-Type", "image/jpeg"}, {"x-amz-meta-name", "a  b"}},
        kUnsignedPayload);

    const auto verified = verify(request, options_at(example_time()));

    ASSERT_TRUE(std::holds_alternative<Verified>(verified));
    EXPECT_EQ(std::get<Verified>(verified).access_key, "AKIAIOSFODNN7EXAMPLE");
    EXPECT_EQ(std::get<Verified>(verified).payload_hash, kUnsignedPayload);
    EXPECT_FALSE(std::get<Verified>(verified).presigned);
}

TEST(Verify, LetsInAnAuthorizationHeaderWithoutSpaces) {
    auto request = signed_request("GET", "/", "");
    edit_authorization(request, ", SignedHeaders", ",SignedHeaders");
    edit_authorization(request, ", Signature", ",Signature");

    EXPECT_TRUE(let_in(request));
}

TEST(Verify, TakesDateWhereThereIsNoAmzDate) {
    http::Headers headers{{"Host", std::string(kHost)},
                          {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                          {"x-amz-content-sha256", std::string(kEmptySha256)}};
    const std::string canonical =
        canonical_request({.method = "GET",
                           .path = "/",
                           .query = "",
                           .headers = headers,
                           .signed_headers = {"date", "host", "x-amz-content-sha256"},
                           .payload_hash = kEmptySha256});
    const std::string scope = scope_of("20130524", "us-east-1", "s3");
    const std::string hex =
        signature(signing_key(kTarget.credentials.secret_key, "20130524", "us-east-1", "s3"),
                  string_to_sign("20130524T000000Z", scope, canonical));
    headers.add("Authorization",
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/" + scope +
                    ", SignedHeaders=date;host;x-amz-content-sha256, Signature=" + hex);

    EXPECT_TRUE(let_in(request_of("GET", "/", "", headers)));
}

TEST(Verify, LetsInAPresignedUrlAndItsParameters) {
    const auto request = presigned_request(
        60, {{"response-content-disposition", "inline; filename=\"a b+c/ü.jpg\""}, {"x-id", ""}});

    const auto verified = verify(request, options_at(example_time()));

    ASSERT_TRUE(std::holds_alternative<Verified>(verified));
    EXPECT_TRUE(std::get<Verified>(verified).presigned);
    EXPECT_EQ(std::get<Verified>(verified).payload_hash, kUnsignedPayload);
}

TEST(Verify, LetsInTheSessionTokenOfItsKeyOnly) {
    SigningTarget target = kTarget;
    target.credentials.session_token = "token/+=";
    http::Headers headers{{"Host", std::string(kHost)}};
    sign("GET", "/", "", headers, kEmptySha256, target, example_time());
    const auto by_header = request_of("GET", "/", "", headers);
    const auto by_query =
        request_of("GET", "/", presign_query("GET", "/", kHost, {}, 60, target, example_time()),
                   {{"Host", std::string(kHost)}});
    VerifyOptions options = options_at(example_time());
    options.find_key = [&](std::string_view) { return std::optional(target.credentials); };

    EXPECT_TRUE(std::holds_alternative<Verified>(verify(by_header, options)));
    EXPECT_TRUE(std::holds_alternative<Verified>(verify(by_query, options)));
    EXPECT_EQ(refused(by_header).code, "InvalidToken");
    EXPECT_EQ(refused(by_query).code, "InvalidToken");
    options.find_key = [&](std::string_view) {
        Credentials other = target.credentials;
        other.session_token = "token/++";
        return std::optional(other);
    };
    const auto other = verify(by_header, options);
    ASSERT_TRUE(std::holds_alternative<AuthError>(other));
    EXPECT_EQ(std::get<AuthError>(other).code, "InvalidToken");
}

// --- What is not.

TEST(Verify, DeniesARequestWithoutASignature) {
    const AuthError error = refused(request_of("GET", "/b/k", "", {{"Host", "localhost"}}));

    EXPECT_EQ(error.code, "AccessDenied");
    EXPECT_EQ(error.status, 403);
    EXPECT_EQ(error.message, "Access Denied");
}

TEST(Verify, NoticesAChangeOfAnySignedPart) {
    const auto fresh = [] {
        return signed_request("GET", "/b/k", "a=1",
                              {{"Host", std::string(kHost)}, {"x-amz-meta-a", "1"}});
    };
    std::vector<http::Request> requests;
    for (int i = 0; i < 7; ++i) requests.push_back(fresh());
    requests[0].method = "PUT";
    requests[1].path = "/b/K";
    requests[2].query = "a=1&b=2";
    requests[3].headers.set("x-amz-meta-a", "2");
    requests[4].headers.set("Host", "evil.example");
    requests[5].headers.set("x-amz-content-sha256", std::string(kUnsignedPayload));
    requests[6].headers.set("x-amz-date", "20130524T000001Z");

    ASSERT_TRUE(let_in(fresh()));
    for (const auto& request : requests) {
        EXPECT_EQ(refused(request).code, "SignatureDoesNotMatch");
        EXPECT_EQ(refused(request).status, 403);
    }
}

TEST(Verify, ExplainsAWrongSignatureWithoutGivingTheRightOne) {
    auto request = signed_request("GET", "/", "");
    const std::string right = signature_in(request.headers);
    edit_authorization(request, right, std::string(64, '0'));

    const AuthError error = refused(request);

    EXPECT_EQ(error.code, "SignatureDoesNotMatch");
    EXPECT_EQ(detail(error, "AWSAccessKeyId"), "AKIAIOSFODNN7EXAMPLE");
    EXPECT_EQ(detail(error, "SignatureProvided"), std::string(64, '0'));
    EXPECT_TRUE(detail(error, "StringToSign").starts_with("AWS4-HMAC-SHA256\n20130524T000000Z\n"));
    EXPECT_TRUE(detail(error, "StringToSignBytes").starts_with("41 57 53 34 2d"));
    EXPECT_TRUE(detail(error, "CanonicalRequest").starts_with("GET\n/\n"));
    EXPECT_TRUE(detail(error, "CanonicalRequestBytes").starts_with("47 45 54 0a 2f 0a"));
    for (const auto& [name, value] : error.details) {
        EXPECT_EQ(value.find(right), std::string::npos) << name;
        EXPECT_EQ(value.find(kTarget.credentials.secret_key), std::string::npos) << name;
    }
}

TEST(Verify, DoesNotTakeAPrefixOfTheSignatureNorNone) {
    auto cut = signed_request("GET", "/", "");
    const std::string right = signature_in(cut.headers);
    edit_authorization(cut, right, right.substr(0, 63));
    auto none = signed_request("GET", "/", "");
    edit_authorization(none, right, "");

    EXPECT_EQ(refused(cut).code, "SignatureDoesNotMatch");
    EXPECT_EQ(refused(none).code, "AuthorizationHeaderMalformed");
}

TEST(Verify, KnowsNoOtherAccessKey) {
    auto request = signed_request("GET", "/", "");
    edit_authorization(request, "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLF");

    const AuthError error = refused(request);

    EXPECT_EQ(error.code, "InvalidAccessKeyId");
    EXPECT_EQ(error.status, 403);
    EXPECT_EQ(detail(error, "AWSAccessKeyId"), "AKIAIOSFODNN7EXAMPLF");
}

TEST(Verify, RefusesAKeyThatHasExpired) {
    VerifyOptions options = options_at(example_time());
    options.find_key = [](std::string_view) {
        Credentials credentials = kTarget.credentials;
        credentials.expires = example_time();
        return std::optional(credentials);
    };

    const auto verified = verify(signed_request("GET", "/", ""), options);

    ASSERT_TRUE(std::holds_alternative<AuthError>(verified));
    EXPECT_EQ(std::get<AuthError>(verified).code, "ExpiredToken");
    EXPECT_EQ(std::get<AuthError>(verified).status, 400);
}

TEST(Verify, AllowsAQuarterOfAnHourOfSkewEitherWay) {
    const auto request = signed_request("GET", "/", "");

    EXPECT_TRUE(let_in(request, example_time() + kSkewMax));
    EXPECT_TRUE(let_in(request, example_time() - kSkewMax));
    for (const Time now : {example_time() + kSkewMax + Milliseconds(1),
                           example_time() - kSkewMax - Milliseconds(1)}) {
        const AuthError error = refused(request, now);
        EXPECT_EQ(error.code, "RequestTimeTooSkewed");
        EXPECT_EQ(error.status, 403);
        EXPECT_EQ(detail(error, "RequestTime"), "20130524T000000Z");
        EXPECT_EQ(detail(error, "ServerTime"), format_rfc3339(now));
        EXPECT_EQ(detail(error, "MaxAllowedSkewMilliseconds"), "900000");
    }
}

TEST(Verify, NeedsADate) {
    auto request = signed_request("GET", "/", "");
    request.headers.remove("x-amz-date");
    auto wrong = signed_request("GET", "/", "");
    wrong.headers.set("x-amz-date", "yesterday");

    EXPECT_EQ(refused(request).code, "AccessDenied");
    EXPECT_EQ(refused(wrong).code, "AccessDenied");
    EXPECT_EQ(refused(wrong).message,
              "AWS authentication requires a valid Date or x-amz-date header");
}

TEST(Verify, NeedsTheScopeToBeOfTheDay) {
    auto request = signed_request("GET", "/", "");
    edit_authorization(request, "/20130524/", "/20130523/");

    const AuthError error = refused(request);

    EXPECT_EQ(error.code, "AuthorizationHeaderMalformed");
    EXPECT_EQ(error.status, 400);
    EXPECT_EQ(error.message,
              "The authorization header is malformed; Invalid credential date \"20130523\". This "
              "date is not the same as X-Amz-Date: \"20130524\".");
}

TEST(Verify, TellsWhichRegionItExpects) {
    auto by_header = signed_request("GET", "/", "");
    edit_authorization(by_header, "us-east-1", "eu-west-1");
    auto by_query = presigned_request();
    replace(by_query.query, "us-east-1", "eu-west-1");

    const AuthError error = refused(by_header);

    EXPECT_EQ(error.code, "AuthorizationHeaderMalformed");
    EXPECT_EQ(error.message,
              "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting "
              "'us-east-1'");
    EXPECT_EQ(detail(error, "Region"), "us-east-1");
    EXPECT_EQ(refused(by_query).code, "AuthorizationQueryParametersError");
    EXPECT_EQ(detail(refused(by_query), "Region"), "us-east-1");
}

TEST(Verify, NamesWhatIsWrongWithACredential) {
    struct Row {
        std::string_view from, to, reason;
    };
    for (const Row& row : {
             Row{"AKIAIOSFODNN7EXAMPLE/", "", "mal-formed"},
             Row{"AKIAIOSFODNN7EXAMPLE/", "/", "mal-formed"},
             Row{"/s3/", "/ec2/", "incorrect service \"ec2\""},
             Row{"aws4_request", "aws4_reques", "incorrect terminal \"aws4_reques\""},
             Row{"/20130524/", "/2013052/", "incorrect date format \"2013052\""},
             Row{"/20130524/", "/2013O524/", "incorrect date format"},
             Row{"Credential=", "Credentials=", "component \"Credentials\" is malformed"},
             Row{"SignedHeaders=", "Signature=", "component \"Signature\" is malformed"},
             Row{"SignedHeaders=", "SignedHeaders=Host;", "\"SignedHeaders\" is malformed"},
             Row{"SignedHeaders=", "SignedHeaders=;", "\"SignedHeaders\" is malformed"},
         }) {
        auto request = signed_request("GET", "/", "");
        edit_authorization(request, row.from, row.to);
        const AuthError error = refused(request);
        EXPECT_EQ(error.code, "AuthorizationHeaderMalformed");
        EXPECT_NE(error.message.find(row.reason), std::string::npos) << error.message;
    }
}

TEST(Verify, NamesTheComponentThatIsMissing) {
    const auto with = [](std::string value) {
        auto request = signed_request("GET", "/", "");
        request.headers.set("Authorization", "AWS4-HMAC-SHA256 " + value);
        return refused(request).message;
    };

    EXPECT_TRUE(with("").ends_with("missing Credential."));
    EXPECT_TRUE(with("Credential=a").ends_with("missing SignedHeaders."));
    EXPECT_TRUE(with("Credential=a,SignedHeaders=b").ends_with("missing Signature."));
}

TEST(Verify, NeedsEveryAmzHeaderAndHostToBeSigned) {
    auto extra = signed_request("GET", "/", "");
    extra.headers.add("X-Amz-Acl", "public-read");
    extra.headers.add("X-Amz-Meta-B", "b");
    auto no_host = signed_request("GET", "/", "");
    edit_authorization(no_host, "SignedHeaders=host;", "SignedHeaders=");
    auto presigned = presigned_request();
    presigned.headers.add("x-amz-acl", "public-read");

    for (const auto* request : {&extra, &no_host, &presigned}) {
        const AuthError error = refused(*request);
        EXPECT_EQ(error.code, "AccessDenied");
        EXPECT_EQ(error.message, "There were headers present in the request which were not signed");
    }
    EXPECT_EQ(detail(refused(extra), "HeadersNotSigned"), "x-amz-acl, x-amz-meta-b");
    EXPECT_EQ(detail(refused(no_host), "HeadersNotSigned"), "host");
}

TEST(Verify, NeedsAPayloadHash) {
    auto none = signed_request("GET", "/", "");
    none.headers.remove("x-amz-content-sha256");
    auto wrong = signed_request("GET", "/", "");
    wrong.headers.set("x-amz-content-sha256", std::string(64, 'G'));
    auto empty = signed_request("GET", "/", "");
    empty.headers.set("x-amz-content-sha256", "");

    EXPECT_EQ(refused(none).code, "InvalidRequest");
    EXPECT_EQ(refused(none).status, 400);
    EXPECT_EQ(refused(wrong).code, "InvalidArgument");
    EXPECT_EQ(detail(refused(wrong), "ArgumentName"), "x-amz-content-sha256");
    EXPECT_EQ(refused(empty).code, "InvalidArgument");
}

TEST(Verify, RefusesTwoKindsOfAuthenticationAtOnce) {
    auto both = presigned_request();
    both.headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=x");
    auto twice = signed_request("GET", "/", "");
    twice.headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=x");

    EXPECT_EQ(refused(both).code, "InvalidArgument");
    EXPECT_EQ(refused(both).status, 400);
    EXPECT_EQ(detail(refused(both), "ArgumentName"), "Authorization");
    EXPECT_EQ(refused(twice).code, "AuthorizationHeaderMalformed");
}

TEST(Verify, RefusesSignatureVersion2AndSaysWhatToWrite) {
    const auto by_header =
        request_of("GET", "/b/k", "", {{"Host", "localhost"}, {"Authorization", "AWS AKID:c2ln"}});
    const auto by_query = request_of("GET", "/b/k", "AWSAccessKeyId=A&Signature=s&Expires=1",
                                     {{"Host", "localhost"}});

    for (const auto* request : {&by_header, &by_query}) {
        const AuthError error = refused(*request);
        EXPECT_EQ(error.code, "InvalidRequest");
        EXPECT_EQ(error.status, 400);
        EXPECT_TRUE(error.message.starts_with(
            "The authorization mechanism you have provided is not supported. Please use "
            "AWS4-HMAC-SHA256."));
        EXPECT_NE(error.message.find("signature_version='s3v4'"), std::string::npos);
    }
}

TEST(Verify, RefusesOtherSchemes) {
    const auto with = [](std::string value) {
        return refused(request_of("GET", "/", "",
                                  {{"Host", "localhost"}, {"Authorization", std::move(value)}}));
    };

    EXPECT_EQ(with("Bearer abc").code, "InvalidArgument");
    EXPECT_EQ(with("Bearer abc").message, "Unsupported Authorization Type");
    EXPECT_EQ(with("").code, "InvalidArgument");
    EXPECT_EQ(with("AWS4-ECDSA-P256-SHA256 Credential=a").code, "InvalidRequest");
}

TEST(Verify, KnowsWhenAPresignedUrlBeginsAndEnds) {
    const auto request = presigned_request(60);
    const Time end = example_time() + std::chrono::seconds(60);

    EXPECT_TRUE(let_in(request, end));
    EXPECT_TRUE(let_in(request, example_time() - kSkewMax));
    EXPECT_EQ(refused(request, example_time() - kSkewMax - Milliseconds(1)).message,
              "Request is not valid yet");
    const AuthError error = refused(request, end + Milliseconds(1));
    EXPECT_EQ(error.code, "AccessDenied");
    EXPECT_EQ(error.status, 403);
    EXPECT_EQ(error.message, "Request has expired");
    EXPECT_EQ(detail(error, "X-Amz-Expires"), "60");
    EXPECT_EQ(detail(error, "Expires"), "2013-05-24T00:01:00.000Z");
    EXPECT_EQ(detail(error, "ServerTime"), "2013-05-24T00:01:00.001Z");
}

TEST(Verify, BoundsTheLifeOfAPresignedUrl) {
    EXPECT_TRUE(let_in(presigned_request(1)));
    EXPECT_TRUE(let_in(presigned_request(kPresignSecondsMax)));
    for (const int seconds : {0, -1, kPresignSecondsMax + 1}) {
        EXPECT_EQ(refused(presigned_request(seconds)).code, "AuthorizationQueryParametersError");
        EXPECT_EQ(refused(presigned_request(seconds)).status, 400);
    }
    for (const std::string_view text : {"99999999999999999999", "1x", "+1", "0x10"}) {
        auto request = presigned_request(60);
        replace(request.query, "X-Amz-Expires=60", "X-Amz-Expires=" + std::string(text));
        EXPECT_EQ(refused(request).code, "AuthorizationQueryParametersError");
    }
}

TEST(Verify, NeedsEveryParameterOfAPresignedUrl) {
    for (const std::string_view name : {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature",
                                        "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"}) {
        auto request = presigned_request();
        replace(request.query, name, "X-Other");
        const AuthError error = refused(request);
        EXPECT_EQ(error.code, "AuthorizationQueryParametersError");
        EXPECT_EQ(error.status, 400);
        EXPECT_TRUE(error.message.starts_with("Query-string authentication version 4 requires"));
    }
}

TEST(Verify, NoticesAChangeToAPresignedUrl) {
    auto longer = presigned_request(60);
    replace(longer.query, "X-Amz-Expires=60", "X-Amz-Expires=61");
    auto more = presigned_request(60);
    more.query += "&response-content-type=text%2Fhtml";
    auto put = presigned_request(60);
    put.method = "PUT";
    auto second = presigned_request(60);
    second.query += "&X-Amz-Expires=600000";

    for (const auto* request : {&longer, &more, &put, &second}) {
        EXPECT_EQ(refused(*request).code, "SignatureDoesNotMatch");
    }
}

TEST(Verify, RefusesAUriItCannotDecode) {
    auto path = signed_request("GET", "/%zz", "");
    auto query = signed_request("GET", "/", "a=%");

    EXPECT_EQ(refused(path).code, "InvalidURI");
    EXPECT_EQ(refused(query).code, "InvalidURI");
    EXPECT_EQ(refused(query).status, 400);
}

TEST(Verify, SurvivesGarbage) {
    std::mt19937 random(20130524);
    constexpr std::string_view kAlphabet = "AWS4-HMACSHA256 Credential=,;/Signature\x01\xff%&?";
    const std::string right(signed_request("GET", "/", "").headers.get_or("Authorization", ""));
    const std::string right_query = presigned_request().query;
    const auto pick = [&](std::size_t count) { return random() % count; };

    for (int round = 0; round < 500; ++round) {
        auto request = signed_request("GET", "/", "");
        std::string value = round % 3 == 0 ? "AWS4-HMAC-SHA256 " : right;
        for (std::size_t edits = 1 + pick(6); edits > 0; --edits) {
            const std::size_t at = pick(value.size() + 1);
            if (pick(2) == 0)
                value.insert(at, 1, kAlphabet[pick(kAlphabet.size())]);
            else
                value.erase(at, pick(20));
        }
        if (value == right) continue;
        request.headers.set("Authorization", value);
        const auto verified = verify(request, options_at(example_time()));
        // Spaces beside commas mean nothing; whatever else was changed must be noticed.
        if (std::holds_alternative<Verified>(verified)) {
            std::erase(value, ' ');
            std::string plain = right;
            std::erase(plain, ' ');
            EXPECT_TRUE(value == plain || value == plain + ",") << value;
        }

        auto presigned = presigned_request();
        presigned.query.erase(pick(right_query.size()), 1 + pick(8));
        EXPECT_TRUE(
            std::holds_alternative<AuthError>(verify(presigned, options_at(example_time()))))
            << presigned.query;
    }
}

}  // namespace
}  // namespace imagemill::aws
