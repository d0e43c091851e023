#include "functions/upload.h"

#include <gtest/gtest.h>

#include <set>

#include "base/digest.h"
#include "functions/test_client.h"

namespace imagemill::functions {
namespace {

class Upload : public testing::Test {
  protected:
    Upload() { world_.settings.names = Names::keep; }

    std::vector<std::string> sources() const {
        std::vector<std::string> keys;
        const auto page = world_.memory->list(world_.settings.source_bucket, {});
        for (const auto& entry : page->entries) keys.push_back(entry.key);
        return keys;
    }
    std::string source_text(const std::string& key) const {
        return world_.text_of(world_.source(key));
    }

    World world_;
};

std::string base64(std::string_view text) {
    return format_base64(as_bytes(text));
}

TEST_F(Upload, EachFormStoresTheSameBytesUnderTheName) {
    EXPECT_EQ(post_form(world_, {{"form.png", tiny_png()}}).status, 201);
    EXPECT_EQ(post_raw(world_, "raw.png", tiny_png()).status, 201);
    EXPECT_EQ(
        post_json(world_, R"({"filename":"json.png","data":")" + base64(tiny_png()) + "\"}").status,
        201);
    EXPECT_EQ(sources(), (std::vector<std::string>{"form.png", "json.png", "raw.png"}));
    for (const std::string& key : sources()) {
        EXPECT_EQ(source_text(key), tiny_png());
        // What it is, not what was claimed.
        EXPECT_EQ(world_.memory->head(world_.source(key))->content_type, "image/png");
    }
}

TEST_F(Upload, TheAnswerIsTheImageProcessing) {
    const Answer answer = post_raw(world_, "trips/cät 1.png", tiny_png());
    EXPECT_EQ(answer.status, 201) << answer.text;
    EXPECT_EQ(answer.headers.get("Location"), "/image/trips/c%C3%A4t%201.png");
    EXPECT_EQ(answer.at("/images/0/filename"), "trips/cät 1.png");
    EXPECT_EQ(answer.at("/images/0/status"), "processing");
    EXPECT_EQ(answer.at("/images/0/source/bucket"), "image-upload-source-bucket");
    EXPECT_EQ(answer.at("/images/0/source/key"), "trips/cät 1.png");
    EXPECT_EQ(answer.at("/images/0/source/etag"), format_hex(md5(as_bytes(tiny_png()))));
    EXPECT_EQ(answer.at("/images/0/source/size"), std::to_string(tiny_png().size()));
    EXPECT_EQ(answer.at("/images/0/source/content_type"), "image/png");
    EXPECT_EQ(answer.at("/images/0/renditions"), "[]");
    EXPECT_EQ(answer.at("/images/0/metadata/width"), "1");
    EXPECT_EQ(answer.at("/images/0/error"), "null");
    EXPECT_EQ(answer.at("/images/0/links/self"), "/image/trips/c%C3%A4t%201.png");
}

TEST_F(Upload, ManyFilesOfOneFormAreAllStored) {
    const Answer answer =
        post_form(world_, {{"a.png", tiny_png("a")}, {"b.png", tiny_png("b")}, {"", ""}});
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.at("/images/0/filename"), "a.png");
    EXPECT_EQ(answer.at("/images/1/filename"), "b.png");
    EXPECT_EQ(sources(), (std::vector<std::string>{"a.png", "b.png"}));
}

TEST_F(Upload, WhereSomeFailTheOthersAreStored) {
    const Answer answer =
        post_form(world_, {{"text.png", "hello"}, {"a.png", tiny_png()}, {"../x.png", tiny_png()}});
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.headers.get("Location"), "/image/a.png");
    EXPECT_EQ(answer.at("/images/0/filename"), "text.png");
    EXPECT_EQ(answer.at("/images/0/status"), "failed");
    EXPECT_EQ(answer.at("/images/0/error/code"), "unsupported");
    EXPECT_EQ(answer.at("/images/1/status"), "processing");
    EXPECT_EQ(answer.at("/images/2/error/code"), "invalid_argument");
    EXPECT_EQ(sources(), std::vector<std::string>{"a.png"});
}

TEST_F(Upload, WhereAllFailTheFirstReasonIsTheAnswer) {
    const Answer answer = post_form(world_, {{"text.png", "hello"}, {"../x.png", tiny_png()}});
    EXPECT_EQ(answer.status, 415);
    EXPECT_EQ(answer.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(answer.at("/images/0/error/code"), "unsupported");
    EXPECT_EQ(answer.at("/images/1/error/code"), "invalid_argument");
    EXPECT_TRUE(sources().empty());
}

TEST_F(Upload, WhatIsNoPictureIsRefusedAndNothingStored) {
    const struct {
        std::string name;
        std::string body;
        int status;
    } kCases[] = {
        {"text.jpg", "hello, this is text", 415},
        {"cut.png", tiny_png().substr(0, 12), 400},
    };
    for (const auto& [name, body, status] : kCases) {
        const Answer answer = post_raw(world_, name, body);
        EXPECT_EQ(answer.status, status) << name << answer.text;
        EXPECT_FALSE(answer.at("/detail").empty());
    }
    const int empty = post_raw(world_, "empty.png", "").status;
    EXPECT_TRUE(empty == 400 || empty == 415) << empty;
    EXPECT_TRUE(sources().empty());
}

TEST_F(Upload, APictureOverAPixelLimitIsRefusedAndNamesTheSetting) {
    std::string huge = tiny_png();
    huge.replace(16, 8, std::string("\0\0\xea\x60\0\0\xea\x60", 8));  // 60,000 × 60,000
    const Answer answer = post_raw(world_, "huge.png", huge);
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(answer.at("/setting").substr(0, 15), "IMAGEMILL_MAX_P");
    EXPECT_EQ(answer.at("/measured"), "3600000000");
    EXPECT_TRUE(sources().empty());
}

TEST_F(Upload, TheLimitHoldsForEveryFormAndSaysAnotherWay) {
    const std::int64_t size = std::ssize(tiny_png());
    world_.settings.upload_bytes_max = size;
    const auto all = [&](const std::string& body) {
        return std::vector<Answer>{
            post_form(world_, {{"form.png", body}}), post_raw(world_, "raw.png", body),
            post_json(world_, R"({"filename":"json.png","data":")" + base64(body) + "\"}")};
    };
    for (const Answer& answer : all(tiny_png())) EXPECT_EQ(answer.status, 201) << answer.text;
    for (const Answer& answer : all(tiny_png("x"))) {
        EXPECT_EQ(answer.status, 413);
        EXPECT_EQ(answer.at("/setting"), "IMAGEMILL_MAX_UPLOAD_BYTES");
        EXPECT_EQ(answer.at("/limit"), std::to_string(size));
        EXPECT_EQ(answer.at("/measured"), std::to_string(size + 1));
        EXPECT_NE(answer.at("/detail").find("contentType"), std::string::npos);
    }
    world_.settings.limits.bytes_max = size - 1;
    for (const Answer& answer : all(tiny_png())) {
        EXPECT_EQ(answer.status, 413);
        EXPECT_EQ(answer.at("/setting"), "IMAGEMILL_MAX_BYTES");
        EXPECT_EQ(answer.at("/detail").find("contentType"), std::string::npos);
    }
    EXPECT_EQ(sources().size(), 3U);
}

TEST_F(Upload, AJsonBodyFarOverTheLimitIsNotParsed) {
    world_.settings.upload_bytes_max = 100;
    const Answer answer = post_json(world_, std::string(70'000, '['));
    EXPECT_EQ(answer.status, 413) << answer.text;
}

TEST_F(Upload, TheFilesOfOneFormTogetherAreBounded) {
    const std::int64_t size = std::ssize(tiny_png("a"));
    world_.settings.upload_bytes_max = 2 * size;
    const Answer answer = post_form(
        world_, {{"a.png", tiny_png("a")}, {"b.png", tiny_png("b")}, {"c.png", tiny_png("c")}});
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.at("/images/2/error/code"), "too_large");
    EXPECT_EQ(answer.at("/images/2/error/measured"), std::to_string(3 * size));
    EXPECT_EQ(sources(), (std::vector<std::string>{"a.png", "b.png"}));
}

TEST_F(Upload, FormsThatAreNoneAreRefused) {
    const struct {
        std::string type;
        std::string body;
        int status;
    } kCases[] = {
        {"multipart/form-data", "", 400},
        {"multipart/form-data; boundary=edge", "", 400},
        {"multipart/form-data; boundary=edge", "--edge--\r\n", 400},
        {"multipart/form-data; boundary=edge",
         "--edge\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--edge--\r\n",
         400},
        {"multipart/form-data; boundary=edge",
         "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n" +
             tiny_png(),
         400},
        {"text/plain", "hello", 415},
        {"application/xml", "<a/>", 415},
    };
    for (const auto& [type, body, status] : kCases) {
        const Answer answer = ask(world_, {.method = "POST",
                                           .target = "/upload",
                                           .headers = {{"Content-Type", type}},
                                           .body = body});
        EXPECT_EQ(answer.status, status) << type << " " << answer.text;
        EXPECT_EQ(answer.headers.get("Content-Type"), "application/problem+json");
    }
    EXPECT_TRUE(sources().empty());
}

TEST_F(Upload, TenThousandPartsAreTooManyAndNoneIsStored) {
    std::vector<FormFile> files(10'000, FormFile{"a.png", tiny_png()});
    EXPECT_EQ(post_form(world_, files).status, 413);
    EXPECT_TRUE(sources().empty());
}

TEST_F(Upload, AnUnfinishedFormStoresNothing) {
    const std::string whole =
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n" +
        tiny_png() +
        "\r\n--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.png\"\r\n\r\n" +
        tiny_png();
    const Answer answer =
        ask(world_, {.method = "POST",
                     .target = "/upload",
                     .headers = {{"Content-Type", "multipart/form-data; boundary=edge"}},
                     .body = whole});
    EXPECT_EQ(answer.status, 400);
    EXPECT_TRUE(sources().empty());
}

TEST_F(Upload, RawBytesNeedAFileName) {
    const auto post = [&](const std::string& target) {
        return ask(world_, {.method = "POST",
                            .target = target,
                            .headers = {{"Content-Type", "application/octet-stream"}},
                            .body = tiny_png()});
    };
    EXPECT_EQ(post("/upload").status, 400);
    EXPECT_EQ(post("/upload?filename=").status, 400);
    EXPECT_EQ(post("/upload?filename=%zz").status, 400);
    EXPECT_EQ(post("/upload?filename=a+b%2B%C3%BC%2520.png").status, 201);
    EXPECT_EQ(sources(), std::vector<std::string>{"a b+ü%20.png"});
}

TEST_F(Upload, WhatCurlSendsUnaskedIsTakenAsBytes) {
    EXPECT_EQ(ask(world_, {.method = "POST",
                           .target = "/upload?filename=a.png",
                           .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                           .body = tiny_png()})
                  .status,
              201);
}

TEST_F(Upload, OddNamesAreCleanedOrRefused) {
    EXPECT_EQ(post_raw(world_, "/a//b/./cat.png", tiny_png()).at("/images/0/filename"),
              "a/b/cat.png");
    EXPECT_EQ(post_raw(world_, "manifests/cat.jpg.json", tiny_png()).at("/images/0/filename"),
              "manifests/cat.jpg.json");
    for (const std::string& name :
         {std::string("../../etc/passwd"), std::string("a\nb.png"), std::string("a\0b.png", 7),
          std::string(2000, 'k'), std::string("\xff.png")}) {
        const Answer answer = post_raw(world_, name, tiny_png());
        EXPECT_EQ(answer.status, 400) << answer.text;
        EXPECT_EQ(answer.at("/type"), "/problems/invalid_argument");
    }
}

TEST_F(Upload, JsonThatIsNoneIsRefused) {
    const std::string deep = std::string(1000, '[') + std::string(1000, ']');
    const struct {
        std::string body;
        std::string says;
    } kCases[] = {
        {"not json", "not JSON"},
        {"", "not JSON"},
        {deep, "not JSON"},
        {"[]", "an object"},
        {"{}", "filename: is missing"},
        {R"({"filename":1})", "filename: expected a text"},
        {R"({"filename":"a.png","data":"AAA*"})", "data: "},
        {R"({"filename":"a.png","data":7})", "data: expected a text"},
        {R"({"filename":"a.png","data":"AAAA","size":4})", "size: expected the 3 bytes"},
        {R"({"filename":"a.png","content_type":"image/png"})", "content_type: is not known"},
        {R"({"filename":"a.png"})", "contentType: is missing"},
        {R"({"filename":"a.png","contentType":"image/png"})", "size: is missing"},
        {R"({"filename":"a.png","contentType":"image/png","size":0})", "size: expected"},
        {R"({"filename":"../a.png","contentType":"image/png","size":1})", "\"..\" segment"},
    };
    for (const auto& [body, says] : kCases) {
        const Answer answer = post_json(world_, body);
        EXPECT_EQ(answer.status, 400) << body.substr(0, 80);
        EXPECT_NE(answer.at("/detail").find(says), std::string::npos) << answer.at("/detail");
    }
    EXPECT_TRUE(sources().empty());
}

TEST_F(Upload, BadBase64SaysWhere) {
    const Answer answer = post_json(world_, R"({"filename":"a.png","data":"AAAAA*AA"})");
    EXPECT_EQ(answer.status, 400);
    EXPECT_NE(answer.at("/detail").find_first_of("56"), std::string::npos) << answer.text;
}

TEST_F(Upload, AFormIsForAnyFormatThatIsRead) {
    for (const image::Format format :
         {image::Format::jpeg, image::Format::png, image::Format::webp, image::Format::gif,
          image::Format::avif, image::Format::tiff, image::Format::svg, image::Format::heic,
          image::Format::bmp}) {
        const std::string type(image::media_type_of(format));
        const Answer answer =
            post_json(world_, R"({"filename":"a","size":9,"contentType":")" + type + "\"}");
        EXPECT_EQ(answer.status, 200) << answer.text;
        EXPECT_EQ(answer.at("/upload/fields/Content-Type"), type);
    }
}

TEST_F(Upload, AFormIsForOneNameTypeAndSize) {
    const Answer answer = post_json(
        world_, R"({"filename":"trips/cat.png","contentType":"image/png","size":12000000})");
    EXPECT_EQ(answer.status, 200) << answer.text;
    const std::string name = answer.at("/filename");
    EXPECT_TRUE(name.starts_with("trips/cat-")) << name;
    EXPECT_EQ(name.size(), std::string("trips/cat-.png").size() + 32);
    EXPECT_EQ(answer.at("/upload/method"), "POST");
    EXPECT_EQ(answer.at("/upload/url"), "memory://image-upload-source-bucket");
    EXPECT_EQ(answer.at("/upload/fields/key"), name);
    EXPECT_EQ(answer.at("/upload/fields/Content-Type"), "image/png");
    EXPECT_EQ(answer.at("/upload/fields/content-length-range"), "1,12000000");
    EXPECT_EQ(answer.at("/upload/expires_at"), "2026-01-01T00:15:00.000Z");
    EXPECT_EQ(answer.at("/links/self"), "/image/" + name);
    EXPECT_TRUE(sources().empty());
}

TEST_F(Upload, AFormIsOnlyForPicturesWithinTheLimit) {
    world_.settings.limits.bytes_max = 100;
    const auto form = [&](const std::string& type, int size) {
        return post_json(world_, R"({"filename":"a","contentType":")" + type + R"(","size":)" +
                                     std::to_string(size) + "}");
    };
    EXPECT_EQ(form("image/jpeg", 100).status, 200);
    EXPECT_EQ(form("IMAGE/JPEG", 1).status, 200);
    EXPECT_EQ(form("image/jpeg", 101).status, 413);
    EXPECT_EQ(form("image/jpeg", 101).at("/setting"), "IMAGEMILL_MAX_BYTES");
    EXPECT_EQ(form("text/html", 1).status, 415);
    EXPECT_EQ(form("image/x-anything", 1).status, 415);
}

TEST_F(Upload, KeepGivesTheSameNameToTheSameBytes) {
    EXPECT_EQ(post_raw(world_, "cat.png", tiny_png()).at("/images/0/filename"), "cat.png");
    EXPECT_EQ(world_.process("cat.png"), "rendered");
    const Answer again = post_raw(world_, "cat.png", tiny_png());
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.at("/images/0/filename"), "cat.png");
    EXPECT_EQ(again.at("/images/0/status"), "ready");
    EXPECT_EQ(sources(), std::vector<std::string>{"cat.png"});
}

TEST_F(Upload, KeepGivesAnotherNameToOtherBytes) {
    EXPECT_EQ(post_raw(world_, "cat.png", tiny_png("1")).at("/images/0/filename"), "cat.png");
    const std::string other = post_raw(world_, "cat.png", tiny_png("2")).at("/images/0/filename");
    EXPECT_TRUE(other.starts_with("cat-") && other.ends_with(".png")) << other;
    EXPECT_EQ(source_text("cat.png"), tiny_png("1"));
    EXPECT_EQ(source_text(other), tiny_png("2"));
}

TEST_F(Upload, KeepDoesNotOverwriteWhoCameInBetween) {
    world_.faulty.before = [&](const store::Step& step) {
        if (step.call == store::Call::put && step.id.key == "cat.png") {
            world_.put("cat.png", tiny_png("first"));
        }
        return store::ok();
    };
    const Answer answer = post_raw(world_, "cat.png", tiny_png("second"));
    EXPECT_EQ(answer.status, 201);
    EXPECT_NE(answer.at("/images/0/filename"), "cat.png");
    EXPECT_EQ(source_text("cat.png"), tiny_png("first"));
}

TEST_F(Upload, KeepTakesASuffixWhereTheOtherOneIsGoneAgain) {
    world_.put("cat.png", tiny_png("first"));
    world_.faulty.before = [&](const store::Step& step) {
        if (step.call == store::Call::head) world_.remove("cat.png");
        return store::ok();
    };
    const Answer answer = post_raw(world_, "cat.png", tiny_png());
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(source_text(answer.at("/images/0/filename")), tiny_png());
}

TEST_F(Upload, RandomNamesAlwaysHaveASuffix) {
    world_.settings.names = Names::random;
    std::set<std::string> names;
    for (int i = 0; i < 3; ++i) {
        names.insert(post_raw(world_, "cat.png", tiny_png()).at("/images/0/filename"));
    }
    EXPECT_EQ(names.size(), 3U);
    EXPECT_FALSE(names.contains("cat.png"));
    EXPECT_EQ(sources().size(), 3U);
}

TEST_F(Upload, AStoreOutOfReachIs503) {
    for (const Names names : {Names::keep, Names::random}) {
        world_.settings.names = names;
        world_.faulty.before = store::crash_at(0);
        EXPECT_EQ(post_raw(world_, "cat.png", tiny_png()).status, 503);
    }
    EXPECT_TRUE(sources().empty());
}

TEST_F(Upload, ALostAnswerIsMendedBySendingItAgain) {
    world_.faulty.after = store::crash_at(0);
    EXPECT_EQ(post_raw(world_, "cat.png", tiny_png()).status, 503);
    world_.faulty.after = nullptr;
    EXPECT_EQ(post_raw(world_, "cat.png", tiny_png()).at("/images/0/filename"), "cat.png");
    EXPECT_EQ(sources(), std::vector<std::string>{"cat.png"});
}

}  // namespace
}  // namespace imagemill::functions
