#include "local/gateway/page.h"

#include <gtest/gtest.h>

namespace imagemill::local {
namespace {

GatewayOptions options() {
    GatewayOptions options{.function = "api", .hosts = http::Hosts({})};
    options.files["/"] = {"text/html; charset=utf-8", "<!doctype html>"};
    options.files["/app.js"] = {"text/javascript", "let x;"};
    options.config_json = R"({"api":""})";
    options.page_connect_sources = "http://127.0.0.1:9000";
    return options;
}

http::Response get(const Page& page, std::string_view path, std::string_view if_none_match = "") {
    http::Request request;
    request.method = "GET";
    request.path = path;
    if (!if_none_match.empty()) request.headers.set("If-None-Match", std::string(if_none_match));
    return page.get(request);
}

TEST(Page, ServesItsFilesWithTheirTypes) {
    const Page page(options());

    EXPECT_TRUE(page.has("/"));
    EXPECT_FALSE(page.has("/index"));
    const auto html = get(page, "/");
    EXPECT_EQ(html.status, 200);
    EXPECT_EQ(body_text(html), "<!doctype html>");
    EXPECT_EQ(html.headers.get("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(html.headers.get("Cache-Control"), "no-cache");
    const auto config = get(page, "/config.json");
    EXPECT_EQ(body_text(config), R"({"api":""})");
    EXPECT_EQ(config.headers.get("Content-Type"), "application/json");
}

TEST(Page, LetsTheBrowserKeepWhatHasNotChanged) {
    const Page page(options());
    const auto first = get(page, "/");
    const std::string etag(*first.headers.get("ETag"));
    EXPECT_NE(etag, *get(page, "/app.js").headers.get("ETag"));

    for (const std::string& list : {etag, "W/" + etag, "\"x\", " + etag, std::string("*")}) {
        const auto again = get(page, "/", list);
        EXPECT_EQ(again.status, 304) << list;
        EXPECT_EQ(body_text(again), "");
        EXPECT_EQ(again.headers.get("ETag"), etag);
    }
    EXPECT_EQ(get(page, "/", "\"x\"").status, 200);
    EXPECT_EQ(get(page, "/", etag.substr(1)).status, 200);
}

TEST(Page, AllowsNothingButItselfAndTheStore) {
    EXPECT_EQ(get(Page(options()), "/").headers.get("Content-Security-Policy"),
              "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data: "
              "http://127.0.0.1:9000; connect-src 'self' http://127.0.0.1:9000; form-action "
              "'none'; frame-ancestors 'none'; base-uri 'none'");
}

}  // namespace
}  // namespace imagemill::local
