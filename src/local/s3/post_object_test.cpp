#include <gtest/gtest.h>

#include "aws/post_policy.h"
#include "base/json.h"
#include "local/s3/service_fixture.h"

namespace imagemill::local::s3 {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

class PostObject : public ServiceTest {
  protected:
    struct File {
        std::string bytes = "meow";
        std::optional<std::string> filename = "cat.jpg";
    };

    // Fields under a policy of our own, signed by `credentials`.
    Fields sign_fields(Fields fields, json::array conditions,
                       const aws::Credentials& credentials) const {
        const std::string time = format_iso_basic(clock_.now());
        const std::string date = time.substr(0, 8);
        fields.emplace_back("x-amz-algorithm", "AWS4-HMAC-SHA256");
        fields.emplace_back("x-amz-credential",
                            credentials.access_key + "/" + aws::scope_of(date, "us-east-1", "s3"));
        fields.emplace_back("x-amz-date", time);
        conditions.push_back(json::object{{"bucket", bucket_}});
        for (const char* name : {"x-amz-algorithm", "x-amz-credential", "x-amz-date"}) {
            conditions.push_back(json::array{"starts-with", "$" + std::string(name), ""});
        }
        const json::object policy{
            {"expiration", format_rfc3339(clock_.now() + std::chrono::minutes(15))},
            {"conditions", std::move(conditions)}};
        const std::string encoded = format_base64(as_bytes(json::serialize(policy)));
        fields.emplace_back("policy", encoded);
        fields.emplace_back(
            "x-amz-signature",
            aws::signature(aws::signing_key(credentials.secret_key, date, "us-east-1", "s3"),
                           encoded));
        return fields;
    }

    // A policy that takes any value of these fields.
    Fields fields_of(Fields fields) const {
        json::array conditions;
        for (const auto& [name, value] : fields) {
            conditions.push_back(json::array{"starts-with", "$" + name, ""});
        }
        return sign_fields(std::move(fields), std::move(conditions), keys_.root());
    }

    // The fields of the API's own forms.
    Fields presigned(const aws::Credentials& credentials) const {
        return aws::make_post_fields(
            {.bucket = "photos", .key = "in/cat.jpg"},
            {.seconds = 900, .content_type = "image/jpeg", .size_min = 2, .size_max = 8},
            {.credentials = credentials}, clock_.now());
    }

    std::string bucket_ = "photos";  // Of the policies made here.

    static std::string body_of(const Fields& fields, const std::optional<File>& file) {
        std::string body;
        for (const auto& [name, value] : fields) {
            body += "--xyz\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" +
                    value + "\r\n";
        }
        if (file) {
            const std::string name =
                file->filename ? "; filename=\"" + *file->filename + "\"" : std::string();
            body += "--xyz\r\nContent-Disposition: form-data; name=\"file\"" + name +
                    "\r\nContent-Type: text/html\r\n\r\n" + file->bytes + "\r\n";
        }
        return body + "--xyz--\r\n";
    }

    http::Response post_body(const std::string& body) {
        return send_unsigned({.method = "POST",
                              .path = "/photos",
                              .headers = {{"Content-Type", "multipart/form-data; boundary=xyz"}},
                              .body = body});
    }
    http::Response post(const Fields& fields, const std::optional<File>& file) {
        return post_body(body_of(fields, file));
    }
    http::Response post(const Fields& fields) { return post(fields, File{}); }
};

TEST_F(PostObject, StoresTheFileOfASignedForm) {
    const http::Response response = post(presigned(keys_.root()));
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(header(response, "ETag"), "\"" + format_hex(md5(as_bytes("meow"))) + "\"");
    EXPECT_EQ(header(response, "Location"), "http://127.0.0.1:9000/photos/in/cat.jpg");
    const http::Response stored = get("/photos/in/cat.jpg");
    EXPECT_EQ(http::body_text(stored), "meow");
    EXPECT_EQ(header(stored, "Content-Type"), "image/jpeg");
}

TEST_F(PostObject, TellsTheFunctionThatItWasAForm) {
    ASSERT_EQ(post(presigned(keys_.root())).status, 204);
    const auto event = store_->events().take("processor");
    ASSERT_TRUE(event && *event);
    EXPECT_NE((*event)->payload.find("ObjectCreated:Post"), std::string::npos);
}

TEST_F(PostObject, RefusesAnExpiredForm) {
    const Fields fields = presigned(keys_.root());
    clock_.advance(std::chrono::minutes(16));
    const http::Response response = post(fields);
    EXPECT_EQ(outcome(response), "403 AccessDenied");
    EXPECT_EQ(element(response, "Message"), "Invalid according to Policy: Policy expired.");
    EXPECT_FALSE(has("in/cat.jpg"));
}

TEST_F(PostObject, RefusesAFieldThatIsNotAsSigned) {
    Fields fields = presigned(keys_.root());
    for (auto& [name, value] : fields) {
        if (name == "Content-Type") value = "text/html";
    }
    EXPECT_EQ(outcome(post(fields)), "403 AccessDenied");
    Fields another = presigned(keys_.root());
    another.front().second = "in/other.jpg";
    EXPECT_EQ(outcome(post(another)), "403 AccessDenied");
    Fields extra = presigned(keys_.root());
    extra.emplace_back("x-amz-meta-a", "b");
    EXPECT_EQ(outcome(post(extra)), "403 AccessDenied");
    EXPECT_FALSE(has("in/cat.jpg"));
    EXPECT_FALSE(has("in/other.jpg"));
}

TEST_F(PostObject, RefusesAWrongSignatureAndNoneAtAll) {
    Fields fields = presigned(keys_.root());
    fields.back().second[0] = fields.back().second[0] == '0' ? '1' : '0';
    EXPECT_EQ(outcome(post(fields)), "403 SignatureDoesNotMatch");
    EXPECT_EQ(outcome(post({{"key", "k"}})), "403 AccessDenied");
    EXPECT_EQ(outcome(post({})), "403 AccessDenied");
}

TEST_F(PostObject, NeedsAKey) {
    const http::Response response = post(fields_of({{"Content-Type", "image/jpeg"}}));
    EXPECT_EQ(outcome(response), "400 InvalidArgument");
    EXPECT_NE(element(response, "Message").find("'key'"), std::string::npos);
}

TEST_F(PostObject, NeedsAFile) {
    const http::Response response = post(presigned(keys_.root()), std::nullopt);
    EXPECT_EQ(outcome(response), "400 InvalidArgument");
    EXPECT_EQ(element(response, "ArgumentName"), "file");
}

TEST_F(PostObject, KeepsToTheSizesOfItsPolicy) {
    const auto of_size = [&](std::size_t size) {
        return post(presigned(keys_.root()), File{.bytes = std::string(size, 'x')});
    };
    EXPECT_EQ(of_size(2).status, 204);
    EXPECT_EQ(of_size(8).status, 204);
    ASSERT_EQ(remove("/photos/in/cat.jpg").status, 204);
    const http::Response large = of_size(9);
    EXPECT_EQ(outcome(large), "400 EntityTooLarge");
    EXPECT_EQ(element(large, "MaxSizeAllowed"), "8");
    const http::Response small = of_size(1);
    EXPECT_EQ(outcome(small), "400 EntityTooSmall");
    EXPECT_EQ(element(small, "MinSizeAllowed"), "2");
    EXPECT_EQ(outcome(of_size(0)), "400 EntityTooSmall");
    EXPECT_EQ(outcome(of_size(200'000)), "400 EntityTooLarge");
    EXPECT_FALSE(has("in/cat.jpg"));
    EXPECT_FALSE(has_leftovers());
}

TEST_F(PostObject, KeepsToTheServicesOwnBound) {
    const Fields fields = fields_of({{"key", "k"}});
    EXPECT_EQ(post(fields, File{.bytes = std::string(1000, 'x')}).status, 204);
    EXPECT_EQ(outcome(post(fields, File{.bytes = std::string(1001, 'x')})), "400 EntityTooLarge");
}

TEST_F(PostObject, PutsTheFilesNameIntoTheKey) {
    ASSERT_EQ(post(fields_of({{"key", "in/${filename}"}})).status, 204);
    EXPECT_TRUE(has("in/cat.jpg"));
    const std::string path = "C:\\photos\\dog.jpg";
    ASSERT_EQ(post(fields_of({{"key", "in/${filename}"}}), File{.filename = path}).status, 204);
    EXPECT_TRUE(has("in/dog.jpg"));
    ASSERT_EQ(post(fields_of({{"key", "${filename}-${filename}"}}), File{.filename = "${filename}"})
                  .status,
              204);
    EXPECT_TRUE(has("${filename}-${filename}"));
}

TEST_F(PostObject, TakesAFileThatIsText) {
    ASSERT_EQ(post(fields_of({{"key", "in/${filename}"}}), File{.filename = std::nullopt}).status,
              204);
    EXPECT_TRUE(has("in/${filename}"));
}

TEST_F(PostObject, StoresWhatTheFieldsSay) {
    ASSERT_EQ(post(fields_of({{"Key", "k"},
                              {"content-type", "image/png"},
                              {"Cache-Control", "no-store"},
                              {"Content-Disposition", "inline"},
                              {"x-amz-meta-Author", "Janet"},
                              {"acl", "private"}}))
                  .status,
              204);
    const http::Response stored = head("/photos/k");
    EXPECT_EQ(header(stored, "Content-Type"), "image/png");
    EXPECT_EQ(header(stored, "Cache-Control"), "no-store");
    EXPECT_EQ(header(stored, "Content-Disposition"), "inline");
    EXPECT_EQ(header(stored, "x-amz-meta-author"), "Janet");
}

TEST_F(PostObject, TakesTagsAsXml) {
    const std::string tagging =
        "<Tagging><TagSet><Tag><Key>k&amp;1</Key><Value>a b</Value></Tag></TagSet></Tagging>";
    ASSERT_EQ(post(fields_of({{"key", "k"}, {"tagging", tagging}})).status, 204);
    EXPECT_EQ(store_->head("photos", "k")->attributes.tags,
              (std::map<std::string, std::string>{{"k&1", "a b"}}));
    EXPECT_EQ(outcome(post(fields_of({{"key", "j"}, {"tagging", "<Tagging/>"}}))),
              "400 MalformedXML");
    EXPECT_FALSE(has("j"));
}

TEST_F(PostObject, IgnoresTheFilesOwnType) {
    ASSERT_EQ(post(fields_of({{"key", "k"}})).status, 204);
    EXPECT_EQ(header(head("/photos/k"), "Content-Type"), "binary/octet-stream");
}

TEST_F(PostObject, RefusesByNameWhatItDoesNotDo) {
    EXPECT_EQ(outcome(post(fields_of({{"key", "k"}, {"acl", "public-read"}}))),
              "501 NotImplemented");
    EXPECT_EQ(outcome(post(fields_of({{"key", "k"}, {"x-amz-storage-class", "GLACIER"}}))),
              "501 NotImplemented");
    EXPECT_FALSE(has("k"));
}

TEST_F(PostObject, LetsNoFieldBreakAHeader) {
    EXPECT_EQ(outcome(post(fields_of({{"key", "k"}, {"x-amz-meta-a", "b\r\nSet-Cookie: c"}}))),
              "400 InvalidArgument");
    EXPECT_EQ(outcome(post(fields_of({{"key", "k"}, {"Content-Type", "text/plain\nX: y"}}))),
              "400 InvalidArgument");
    EXPECT_EQ(outcome(post(fields_of({{"key", std::string("k\0", 2)}}))), "400 InvalidArgument");
    EXPECT_EQ(outcome(post(fields_of({{"key", std::string(1025, 'k')}}))), "400 KeyTooLongError");
    EXPECT_FALSE(has("k"));
}

TEST_F(PostObject, ChecksWhatTheFieldsSayTheBytesAddUpTo) {
    EXPECT_EQ(outcome(post(fields_of({{"key", "k"}, {"x-amz-checksum-crc32", "AAAAAA=="}}))),
              "400 BadDigest");
    EXPECT_FALSE(has("k"));
    EXPECT_EQ(post(fields_of({{"key", "k"}, {"x-amz-checksum-crc32", "y/Q5Jg=="}}),
                   File{.bytes = "123456789"})
                  .status,
              204);
}

TEST_F(PostObject, AnswersAsItIsAsked) {
    EXPECT_EQ(post(fields_of({{"key", "k"}, {"success_action_status", "200"}})).status, 200);
    EXPECT_EQ(post(fields_of({{"key", "k"}, {"success_action_status", "418"}})).status, 204);
    const http::Response created =
        post(fields_of({{"key", "a b"}, {"success_action_status", "201"}}));
    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(element(created, "Bucket"), "photos");
    EXPECT_EQ(element(created, "Key"), "a b");
    EXPECT_EQ(element(created, "Location"), "http://127.0.0.1:9000/photos/a%20b");
    EXPECT_EQ(element(created, "ETag"), "&quot;" + format_hex(md5(as_bytes("meow"))) + "&quot;");
}

TEST_F(PostObject, SendsTheBrowserOnWhereItIsAsked) {
    const auto location = [&](const std::string& url) {
        const http::Response response =
            post(fields_of({{"key", "a b"}, {"success_action_redirect", url}}));
        return response.status == 303 ? header(response, "Location") : "";
    };
    const std::string etag = "%22" + format_hex(md5(as_bytes("meow"))) + "%22";
    EXPECT_EQ(location("http://example.com/done"),
              "http://example.com/done?bucket=photos&key=a%20b&etag=" + etag);
    EXPECT_EQ(location("https://example.com/?a=b"),
              "https://example.com/?a=b&bucket=photos&key=a%20b&etag=" + etag);
    EXPECT_EQ(location("javascript:alert(1)"), "");
    EXPECT_EQ(location("http://example.com/\r\nSet-Cookie: a"), "");
}

TEST_F(PostObject, AnswersThePublicAddressWhereThereIsOne) {
    options_.public_url = "https://s3.example.com";
    start();
    EXPECT_EQ(header(post(fields_of({{"key", "k"}})), "Location"),
              "https://s3.example.com/photos/k");
}

TEST_F(PostObject, IgnoresWhatFollowsTheFile) {
    std::string body = body_of(presigned(keys_.root()), File{});
    body.replace(body.rfind("--xyz--"), 7,
                 "--xyz\r\nContent-Disposition: form-data; name=\"submit\"\r\n\r\nGo\r\n--xyz--");
    EXPECT_EQ(post_body(body).status, 204);
}

TEST_F(PostObject, BoundsWhatComesBeforeTheFile) {
    const auto with_padding = [&](std::size_t size) {
        Fields fields = presigned(keys_.root());
        std::size_t used = std::string_view("x-ignore-a").size();
        for (const auto& [name, value] : fields) used += name.size() + value.size();
        fields.emplace_back("x-ignore-a", std::string(size - used, 'x'));
        return outcome(post(fields));
    };
    EXPECT_EQ(with_padding(20 * 1024), "204");
    EXPECT_EQ(with_padding(20 * 1024 + 1), "400 MaxPostPreDataLengthExceededError");
    EXPECT_EQ(outcome(post(Fields(101, {"x-ignore-a", ""}))), "400 MalformedPOSTRequest");
}

TEST_F(PostObject, BoundsWhatAFileNameMakesOfTheFields) {
    const File file{.filename = std::string(4'000, 'n')};
    const auto with_names = [&](int count) {
        std::string value;
        for (int i = 0; i < count; ++i) value += "${filename}";
        return outcome(post(fields_of({{"key", "k"}, {"x-amz-meta-a", value}}), file));
    };
    EXPECT_EQ(with_names(0), "204");
    EXPECT_EQ(with_names(4), "400 MetadataTooLarge");
    EXPECT_EQ(with_names(5), "400 MaxPostPreDataLengthExceededError");
    EXPECT_EQ(with_names(1'500), "400 MaxPostPreDataLengthExceededError");
}

TEST_F(PostObject, StoresNothingOfABodyThatEndsEarly) {
    const std::string body = body_of(presigned(keys_.root()), File{});
    for (const std::size_t cut :
         {std::size_t{0}, std::size_t{10}, body.size() / 2, body.size() - 12}) {
        const http::Response response = post_body(body.substr(0, cut));
        EXPECT_EQ(response.status, 400) << cut;
        EXPECT_FALSE(has("in/cat.jpg"));
        EXPECT_FALSE(has_leftovers());
    }
}

TEST_F(PostObject, TakesFormsOnly) {
    const http::Response response =
        send_unsigned({.method = "POST",
                       .path = "/photos",
                       .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                       .body = "key=k"});
    EXPECT_EQ(outcome(response), "412 PreconditionFailed");
    EXPECT_EQ(element(response, "Condition"),
              "Bucket POST must be of the enclosure-type multipart/form-data");
    EXPECT_EQ(outcome(send_unsigned({.method = "POST",
                                     .path = "/photos",
                                     .headers = {{"Content-Type", "multipart/form-data"}},
                                     .body = "x"})),
              "400 MalformedPOSTRequest");
}

TEST_F(PostObject, IsForThoseWhoMayPut) {
    EXPECT_EQ(outcome(post(presigned(function("lister")))), "403 AccessDenied");
    EXPECT_EQ(post(presigned(function("writer"))).status, 204);
    EXPECT_EQ(outcome(post(presigned(function("reader")))), "403 AccessDenied");
}

TEST_F(PostObject, NeedsABucket) {
    bucket_ = "none";
    EXPECT_EQ(
        outcome(send_unsigned({.method = "POST",
                               .path = "/none",
                               .headers = {{"Content-Type", "multipart/form-data; boundary=xyz"}},
                               .body = body_of(fields_of({{"key", "k"}}), File{})})),
        "404 NoSuchBucket");
}

}  // namespace
}  // namespace imagemill::local::s3
