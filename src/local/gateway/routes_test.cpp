#include "local/gateway/routes.h"

#include <gtest/gtest.h>

namespace imagemill::local {
namespace {

struct Row {
    std::string method;
    std::string path;
    Target target;
    std::string key_or_allow;
};

TEST(Routes, AreThoseOfTheContract) {
    const Row rows[] = {
        {"POST", "/upload", Target::function, "POST /upload"},
        {"OPTIONS", "/upload", Target::function, "OPTIONS /upload"},
        {"GET", "/upload", Target::method_not_allowed, "POST, OPTIONS"},
        {"GET", "/image/cat.jpg", Target::function, "GET /image/{filename+}"},
        {"GET", "/image/a/b%2Fc.jpg", Target::function, "GET /image/{filename+}"},
        {"HEAD", "/image/cat.jpg", Target::function, "GET /image/{filename+}"},
        {"DELETE", "/image/cat.jpg", Target::function, "DELETE /image/{filename+}"},
        {"OPTIONS", "/image/cat.jpg", Target::function, "OPTIONS /image/{filename+}"},
        {"PUT", "/image/cat.jpg", Target::method_not_allowed, "GET, HEAD, DELETE, OPTIONS"},
        {"GET", "/image/", Target::not_found, ""},
        {"GET", "/image", Target::not_found, ""},
        {"GET", "/openapi.json", Target::function, "GET /openapi.json"},
        {"GET", "/health", Target::health, "GET /health"},
        {"HEAD", "/health", Target::health, "GET /health"},
        {"GET", "/metrics", Target::metrics, "GET /metrics"},
        {"POST", "/metrics", Target::method_not_allowed, "GET, HEAD"},
        {"POST", "/admin/events/redrive", Target::operators, "POST /admin/{call+}"},
        {"GET", "/admin/", Target::not_found, ""},
        {"POST", "/events", Target::store_events, "POST /events"},
        {"POST", "/events/secret", Target::store_events, "POST /events/{token}"},
        {"HEAD", "/events", Target::method_not_allowed, "POST"},
        {"GET", "/console", Target::console, "GET /console"},
        {"HEAD", "/console/login", Target::method_not_allowed, "GET"},
        {"POST", "/console/api/events/redrive", Target::console, "POST /console/api/{call+}"},
        {"GET", "/console/", Target::not_found, ""},
        {"POST", "/2015-03-31/functions/f/invocations", Target::invoke,
         "POST /2015-03-31/functions/{name}/invocations"},
        {"GET", "/2015-03-31/functions/f", Target::method_not_allowed, "POST"},
        {"POST", "/health", Target::method_not_allowed, "GET, HEAD"},
        {"GET", "/upload/", Target::not_found, ""},
        {"GET", "/uploads", Target::not_found, ""},
        {"GET", "", Target::not_found, ""},
        {"GET", "*", Target::not_found, ""},
    };
    for (const Row& row : rows) {
        const Route route = route_of(row.method, row.path, IsFile::no);
        EXPECT_EQ(route.target, row.target) << row.method << " " << row.path;
        EXPECT_EQ(route.key + route.allow, row.key_or_allow) << row.method << " " << row.path;
    }
}

TEST(Routes, ServeFilesForReadingOnly) {
    EXPECT_EQ(route_of("GET", "/", IsFile::yes).target, Target::file);
    EXPECT_EQ(route_of("HEAD", "/app.js", IsFile::yes).target, Target::file);
    const Route post = route_of("POST", "/", IsFile::yes);
    EXPECT_EQ(post.target, Target::method_not_allowed);
    EXPECT_EQ(post.allow, "GET, HEAD");
}

}  // namespace
}  // namespace imagemill::local
