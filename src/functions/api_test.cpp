#include "functions/api.h"

#include <gtest/gtest.h>

#include <set>

#include "functions/test_client.h"

namespace imagemill::functions {
namespace {

class Api : public testing::Test {
  protected:
    // A picture with everything made of it.
    void make_ready(const std::string& key, const std::string& body = "cat") {
        world_.put(key, body);
        ASSERT_EQ(world_.process(key), "rendered");
    }

    World world_;
};

TEST_F(Api, AReadyImageHasEveryField) {
    make_ready("trips/cat.png");
    const Answer answer = get(world_, "/image/trips/cat.png");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.get("Content-Type"), "application/json");
    EXPECT_EQ(answer.headers.get("Cache-Control"), "no-store");
    const json::value document = answer.json();
    std::vector<std::string> fields;
    for (const auto& member : document.as_object()) fields.emplace_back(member.key());
    EXPECT_EQ(fields, (std::vector<std::string>{"filename", "status", "source", "renditions",
                                                "metadata", "placeholder", "lane", "stripped",
                                                "error", "timings_ms", "links"}));
    EXPECT_EQ(answer.at("/status"), "ready");
    EXPECT_EQ(answer.at("/source/key"), "trips/cat.png");
    EXPECT_EQ(answer.at("/renditions/0/name"), "small");
    EXPECT_EQ(answer.at("/renditions/0/bucket"), "image-resized-output-bucket");
    EXPECT_EQ(answer.at("/renditions/0/key"), "trips/small-cat.png");
    EXPECT_EQ(answer.at("/renditions/0/format"), "jpeg");
    EXPECT_EQ(answer.at("/renditions/0/width"), "100");
    EXPECT_EQ(answer.at("/renditions/0/size"),
              std::to_string(world_.text_of(world_.output("trips/small-cat.png")).size()));
    EXPECT_EQ(answer.at("/metadata/width"), "4000");
    EXPECT_EQ(answer.at("/placeholder/color"), "#ffffff");
    EXPECT_EQ(answer.at("/renditions/0/quality"), "75");
    EXPECT_EQ(answer.at("/lane"), "jpeg");
    EXPECT_EQ(answer.at("/stripped/0"), "location");
    EXPECT_EQ(answer.at("/timings_ms/decode"), "7");
    EXPECT_EQ(answer.at("/error"), "null");
    EXPECT_EQ(answer.at("/links/self"), "/image/trips/cat.png");
}

TEST_F(Api, AUrlLivesAsLongAsTheSettingAndNamesADownload) {
    world_.settings.url_seconds = 60;
    make_ready("cät.png");
    const Answer answer = get(world_, "/image/c%C3%A4t.png");
    EXPECT_EQ(answer.at("/renditions/0/expires_at"),
              format_rfc3339(world_.clock.now() + Milliseconds(60'000)));
    const std::string url = answer.at("/renditions/0/url");
    EXPECT_TRUE(
        url.starts_with("memory://image-resized-output-bucket/small-c%C3%A4t.png?expires=60"))
        << url;
    // It is a JPEG now, whatever the upload was called.
    EXPECT_NE(url.find(percent_encode("inline; filename=\"small-c_t.jpg\"", Slash::encode)),
              std::string::npos)
        << url;
}

TEST_F(Api, DownloadsHaveTheTrueExtension) {
    const struct {
        std::string key;
        std::string download;
    } kCases[] = {
        {"cat.jpg", "small-cat.jpg"},   {"cat.JPEG", "small-cat.JPEG"},
        {"cat.png", "small-cat.jpg"},   {"cat.tif", "small-cat.jpg"},
        {"cat", "small-cat.jpg"},       {"cat.v1.2", "small-cat.v1.2.jpg"},
        {"a.png/cat", "small-cat.jpg"},
    };
    for (const auto& [key, download] : kCases) {
        make_ready(key);
        const std::string url = get(world_, "/image/" + key).at("/renditions/0/url");
        EXPECT_NE(url.find(percent_encode("\"" + download + "\"", Slash::encode)),
                  std::string::npos)
            << key << " " << url;
    }
}

TEST_F(Api, AnImageWithoutAManifestIsProcessing) {
    world_.put("cat.png", "cat");
    const Answer answer = get(world_, "/image/cat.png");
    EXPECT_EQ(answer.status, 202);
    EXPECT_EQ(answer.headers.get("Retry-After"), "1");
    EXPECT_EQ(answer.at("/status"), "processing");
    EXPECT_EQ(answer.at("/renditions"), "[]");
    EXPECT_EQ(answer.at("/metadata"), "null");
    EXPECT_EQ(answer.at("/timings_ms"), "{}");
}

TEST_F(Api, AManifestOfAnOlderSourceIsProcessing) {
    make_ready("cat.png");
    world_.put("cat.png", "newer cat");
    EXPECT_EQ(get(world_, "/image/cat.png").status, 202);
    EXPECT_EQ(get(world_, "/image/cat.png").at("/renditions"), "[]");
}

TEST_F(Api, AFailedImageSaysWhy) {
    world_.settings.limits.bytes_max = 2;
    world_.put("cat.png", "cat");
    EXPECT_EQ(world_.process("cat.png"), "failed");
    const Answer answer = get(world_, "/image/cat.png");
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.at("/status"), "failed");
    EXPECT_EQ(answer.at("/error/code"), "too_large");
    EXPECT_EQ(answer.at("/error/setting"), "IMAGEMILL_MAX_BYTES");
    EXPECT_EQ(answer.at("/error/limit"), "2");
    EXPECT_EQ(answer.at("/error/measured"), "3");
}

TEST_F(Api, AnUnknownImageIs404) {
    const Answer answer = get(world_, "/image/nobody.png");
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(answer.at("/detail"), "There is no picture named \"nobody.png\".");
}

TEST_F(Api, AKeyOver900BytesHasFailedWhateverIsWritten) {
    const std::string key(1010, 'k');
    world_.put(key, "cat");
    const Answer answer = get(world_, "/image/" + key);
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.at("/error/message"), "The key has 1010 bytes; at most 900 are accepted.");
}

TEST_F(Api, NamesAreDecodedOnceAndTakenAsTheyAre) {
    make_ready("a b+ü%20.jpg");
    EXPECT_EQ(get(world_, "/image/a%20b+%C3%BC%2520.jpg").status, 200);
    EXPECT_EQ(get(world_, "/image/a%20b%2B%C3%BC%2520.jpg").status, 200);
    make_ready("x/../y//z.jpg");
    EXPECT_EQ(get(world_, "/image/x/../y//z.jpg").status, 200);
    EXPECT_EQ(get(world_, "/image/x%2F..%2Fy%2F%2Fz.jpg").status, 200);

    EXPECT_EQ(get(world_, "/image/a%00b").status, 400);
    EXPECT_EQ(get(world_, "/image/%ff").status, 400);
    EXPECT_EQ(get(world_, "/image/%zz").status, 400);
    EXPECT_EQ(get(world_, "/image/" + std::string(1025, 'k')).status, 404);
    EXPECT_EQ(get(world_, "/image/").status, 404);
}

TEST_F(Api, AnUnreadableManifestIs500AndLogged) {
    world_.put("cat.png", "cat");
    ASSERT_TRUE(world_.memory->put(world_.output(manifest_key("cat.png")), as_bytes("{"), {}));
    EXPECT_EQ(get(world_, "/image/cat.png").status, 500);
    EXPECT_NE(world_.lines.back().find("manifest"), std::string::npos);
}

TEST_F(Api, WaitSleepsUntilItIsReady) {
    world_.put("cat.png", "cat");
    int heads = 0;
    world_.faulty.before = [&](const store::Step& step) {
        if (step.call == store::Call::head && ++heads == 4) {
            (void)process(world_.event("cat.png"), world_.processor(*world_.memory));
        }
        return store::ok();
    };
    const Time before = world_.clock.now();
    EXPECT_EQ(get(world_, "/image/cat.png?wait=20").status, 200);
    // 50, 75 and 112 ms.
    EXPECT_EQ(world_.clock.now() - before, Milliseconds(237));
}

TEST_F(Api, WaitEndsAtItsTime) {
    world_.put("cat.png", "cat");
    const Time before = world_.clock.now();
    EXPECT_EQ(get(world_, "/image/cat.png?wait=20").status, 202);
    EXPECT_EQ(world_.clock.now() - before, Milliseconds(20'000));
    // Pauses grow to half a second, and no further: two calls a look.
    EXPECT_GT(world_.faulty.steps().size(), 2 * 20 * 2U);
    EXPECT_LT(world_.faulty.steps().size(), 2 * 20 * 3U);
}

TEST_F(Api, WaitDoesNotWaitForWhatIsSettledOrUnknown) {
    make_ready("cat.png");
    const Time before = world_.clock.now();
    EXPECT_EQ(get(world_, "/image/cat.png?wait=20").status, 200);
    EXPECT_EQ(get(world_, "/image/nobody?wait=20").status, 404);
    EXPECT_EQ(world_.clock.now(), before);
}

TEST_F(Api, WaitIsAWholeNumberUpToTwenty) {
    make_ready("cat.png");
    EXPECT_EQ(get(world_, "/image/cat.png?wait=0").status, 200);
    for (const char* wait : {"21", "-1", "", "soon", "1.5", "99999999999999999999"}) {
        const Answer answer = get(world_, std::string("/image/cat.png?wait=") + wait);
        EXPECT_EQ(answer.status, 400) << wait;
        EXPECT_NE(answer.at("/detail").find("wait: expected"), std::string::npos);
    }
}

TEST_F(Api, RedirectLeadsToTheRenditionAsked) {
    image::Spec spec;
    spec.width = 900;
    world_.settings.recipes.rules[0].renditions.push_back({.name = "large", .spec = spec});
    make_ready("cat.png");
    const auto location = [&](const std::string& query) {
        const Answer answer = get(world_, "/image/cat.png?" + query);
        EXPECT_EQ(answer.status, 302) << answer.text;
        EXPECT_EQ(answer.headers.get("Cache-Control"), "no-store");
        return std::string(answer.headers.get_or("Location", ""));
    };
    EXPECT_NE(location("redirect").find("/small-cat.png?"), std::string::npos);
    EXPECT_NE(location("redirect=").find("/small-cat.png?"), std::string::npos);
    EXPECT_NE(location("redirect=large").find("/large-cat.png?"), std::string::npos);
    EXPECT_NE(location("wait=5&redirect=large").find("/large-cat.png?"), std::string::npos);

    const Answer unknown = get(world_, "/image/cat.png?redirect=huge");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_NE(unknown.at("/detail").find("it has: small, large."), std::string::npos);
}

TEST_F(Api, RedirectBeforeItIsReadyIsTheUsualAnswer) {
    world_.put("cat.png", "corrupt");
    EXPECT_EQ(get(world_, "/image/cat.png?redirect").status, 202);
    EXPECT_EQ(world_.process("cat.png"), "failed");
    EXPECT_EQ(get(world_, "/image/cat.png?redirect").status, 422);
    EXPECT_EQ(get(world_, "/image/nobody?redirect").status, 404);
}

TEST_F(Api, HeadIsGetWithoutABody) {
    make_ready("cat.png");
    const Answer answer = ask(world_, {.method = "HEAD", .target = "/image/cat.png"});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.text, "");
    EXPECT_EQ(ask(world_, {.method = "HEAD", .target = "/image/nobody"}).status, 404);
    EXPECT_EQ(ask(world_, {.method = "HEAD", .target = "/health"}).status, 200);
}

TEST_F(Api, DeleteTakesTheSourceAndTheEventTheRest) {
    make_ready("cat.png");
    EXPECT_EQ(ask(world_, {.method = "DELETE", .target = "/image/cat.png"}).status, 204);
    EXPECT_EQ(get(world_, "/image/cat.png").status, 404);
    EXPECT_EQ(world_.outputs().size(), 2U);
    EXPECT_EQ(ask(world_, {.method = "DELETE", .target = "/image/cat.png"}).status, 404);
    EXPECT_EQ(world_.process("cat.png"), "removed");
    EXPECT_TRUE(world_.outputs().empty());
}

TEST_F(Api, UploadsAndDeletesNeedTheTokenWhereOneIsSet) {
    world_.settings.upload_token = "secret";
    make_ready("cat.png");
    const auto with = [&](const std::string& method, const std::string& target,
                          const std::string& authorization) {
        http::Headers headers = {{"Content-Type", "image/png"}};
        if (!authorization.empty()) headers.add("Authorization", authorization);
        return ask(world_,
                   {.method = method, .target = target, .headers = headers, .body = tiny_png()});
    };
    for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets",
                              "Basic secret", "secret", "Bearer Secret"}) {
        for (const auto& [method, target] :
             {std::pair{"POST", "/upload?filename=a.png"}, {"DELETE", "/image/cat.png"}}) {
            const Answer answer = with(method, target, wrong);
            EXPECT_EQ(answer.status, 401) << wrong;
            EXPECT_EQ(answer.headers.get("WWW-Authenticate"), "Bearer");
            EXPECT_EQ(answer.at("/type"), "/problems/unauthenticated");
        }
    }
    EXPECT_EQ(get(world_, "/image/cat.png").status, 200);
    EXPECT_EQ(with("POST", "/upload?filename=a.png", "Bearer secret").status, 201);
    EXPECT_EQ(with("DELETE", "/image/cat.png", "bearer  secret").status, 204);
}

Answer from(World& world, const std::string& origin, const std::string& method,
            const std::string& target) {
    return ask(world, {.method = method,
                       .target = target,
                       .headers = {{"Origin", origin}, {"Content-Type", "image/png"}},
                       .body = method == "POST" ? tiny_png() : ""});
}

TEST_F(Api, CallsOfForeignPagesAreRefused) {
    make_ready("cat.png");
    for (const char* origin :
         {"https://evil.org", "null", "", "http://127.0.0.1:9999", "http://127.0.0.1",
          "http://127.0.0.1:8080.evil.org", "127.0.0.1:8080", "ftp://127.0.0.1:8080"}) {
        for (const auto& [method, target] : {std::pair{"POST", "/upload?filename=a.png"},
                                             {"GET", "/image/cat.png"},
                                             {"DELETE", "/image/cat.png"},
                                             {"OPTIONS", "/upload"}}) {
            const Answer answer = from(world_, origin, method, target);
            EXPECT_EQ(answer.status, 403) << origin << " " << method;
            EXPECT_EQ(answer.headers.get("Access-Control-Allow-Origin"), std::nullopt);
            EXPECT_NE(answer.at("/detail").find("IMAGEMILL_CORS_ORIGINS"), std::string::npos);
        }
    }
    EXPECT_EQ(get(world_, "/image/cat.png").status, 200);
}

TEST_F(Api, ThePageItselfNeedsNoCors) {
    make_ready("cat.png");
    for (const char* origin : {"http://127.0.0.1:8080", "https://127.0.0.1:8080"}) {
        const Answer answer = from(world_, origin, "GET", "/image/cat.png");
        EXPECT_EQ(answer.status, 200) << origin;
        EXPECT_EQ(answer.headers.get("Access-Control-Allow-Origin"), std::nullopt);
    }
}

TEST_F(Api, ADefaultPortIsTheSameOrigin) {
    http::Request request;
    request.method = "GET";
    request.path = "/health";
    request.headers = {{"Origin", "https://photos.example.org"},
                       {"Host", "Photos.example.org:443"}};
    EXPECT_EQ(handle(request, world_.api()).status, 200);
}

TEST_F(Api, NamedOriginsMayCallAndSeeErrorsToo) {
    world_.settings.cors_origins = {"https://a.org"};
    make_ready("cat.png");
    for (const char* target : {"/image/cat.png", "/image/nobody"}) {
        const Answer answer = from(world_, "https://a.org", "GET", target);
        EXPECT_EQ(answer.headers.get("Access-Control-Allow-Origin"), "https://a.org") << target;
        EXPECT_EQ(answer.headers.get("Vary"), "Origin");
    }
    EXPECT_EQ(from(world_, "https://a.org", "POST", "/upload?filename=a.png").status, 201);
    EXPECT_EQ(from(world_, "https://b.org", "GET", "/image/cat.png").status, 403);
    EXPECT_EQ(get(world_, "/image/cat.png").headers.get("Vary"), "Origin");
}

TEST_F(Api, APreflightNeedsNoTokenAndSaysWhatIsAllowed) {
    world_.settings.cors_origins = {"https://a.org"};
    world_.settings.upload_token = "secret";
    const Answer answer = from(world_, "https://a.org", "OPTIONS", "/upload");
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.headers.get("Access-Control-Allow-Methods"), "GET, HEAD, POST, DELETE");
    EXPECT_EQ(answer.headers.get("Access-Control-Allow-Headers"), "Authorization, Content-Type");
    EXPECT_EQ(answer.headers.get("Access-Control-Max-Age"), "600");
}

TEST_F(Api, UnknownPathsAre404AndOtherMethods405) {
    const struct {
        std::string method;
        std::string target;
        int status;
        std::string allow;
    } kCases[] = {
        {"GET", "/nothing", 404, ""},
        {"POST", "/", 404, ""},
        {"OPTIONS", "/nothing", 404, ""},
        {"GET", "/upload", 405, "POST, OPTIONS"},
        {"PUT", "/upload", 405, "POST, OPTIONS"},
        {"POST", "/image/cat.png", 405, "GET, HEAD, DELETE, OPTIONS"},
        {"DELETE", "/health", 405, "GET, HEAD, OPTIONS"},
        {"OPTIONS", "/image/cat.png", 204, "GET, HEAD, DELETE, OPTIONS"},
        {"GET", "/health", 200, ""},
    };
    for (const auto& [method, target, status, allow] : kCases) {
        const Answer answer = ask(world_, {.method = method, .target = target});
        EXPECT_EQ(answer.status, status) << method << " " << target;
        EXPECT_EQ(answer.headers.get_or("Allow", ""), allow) << method << " " << target;
    }
}

TEST_F(Api, AStoreOutOfReachIs503AndAMisconfiguredOne500) {
    make_ready("cat.png");
    world_.faulty.before = store::crash_at(0);
    EXPECT_EQ(get(world_, "/image/cat.png").status, 503);
    EXPECT_EQ(ask(world_, {.method = "DELETE", .target = "/image/cat.png"}).status, 503);
    world_.faulty.before = [](const store::Step&) -> store::Fault {
        return Error{Code::forbidden, "Access denied."};
    };
    EXPECT_EQ(get(world_, "/image/cat.png").status, 500);
    world_.faulty.before = nullptr;
    world_.settings.source_bucket = "nowhere";
    EXPECT_EQ(get(world_, "/image/cat.png").status, 500);
}

TEST_F(Api, TheOpenApiDocumentHasEveryPathAndMethod) {
    const Answer answer = get(world_, "/openapi.json");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.at("/openapi"), "3.1.0");
    const json::value document = answer.json();
    std::set<std::string> operations;
    for (const auto& path : document.at("paths").as_object()) {
        for (const auto& method : path.value().as_object()) {
            const std::string name(method.key());
            if (name != "parameters") operations.insert(name + " " + std::string(path.key()));
        }
    }
    EXPECT_EQ(operations, (std::set<std::string>{"post /upload", "get /image/{filename}",
                                                 "delete /image/{filename}", "get /health",
                                                 "get /openapi.json", "post /events",
                                                 "options /upload", "options /image/{filename}"}));
}

// Each "$ref" of the document leads somewhere.
void expect_references(const json::value& value, const json::value& document) {
    if (const json::object* object = value.if_object()) {
        for (const auto& member : *object) {
            if (member.key() == "$ref") {
                json::error_code error;
                const std::string pointer = std::string(member.value().as_string()).substr(1);
                EXPECT_NE(document.find_pointer(pointer, error), nullptr) << pointer;
            }
            expect_references(member.value(), document);
        }
    } else if (const json::array* array = value.if_array()) {
        for (const json::value& element : *array) expect_references(element, document);
    }
}

TEST_F(Api, TheOpenApiDocumentsReferencesHold) {
    const json::value document = get(world_, "/openapi.json").json();
    expect_references(document, document);
}

TEST_F(Api, TheOpenApiDocumentNamesTheFieldsOfAnImage) {
    make_ready("cat.png");
    const json::value image = get(world_, "/image/cat.png").json();
    const Answer openapi = get(world_, "/openapi.json");
    const json::value document = openapi.json();
    const auto expect_fields = [&](const json::value& shown, const std::string& schema) {
        const auto& fields =
            document.at_pointer("/components/schemas/" + schema + "/properties").as_object();
        EXPECT_EQ(fields.size(), shown.as_object().size()) << schema;
        for (const auto& member : shown.as_object()) {
            EXPECT_TRUE(fields.contains(member.key())) << schema << " " << member.key();
        }
    };
    expect_fields(image, "Image");
    expect_fields(image.at_pointer("/renditions/0"), "Rendition");
    expect_fields(image.at("metadata"), "Metadata");
}

}  // namespace
}  // namespace imagemill::functions
