// service_fixture: a service over a store in a directory of its own, a clock that stands still, and
// clients that sign. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/sigv4.h"
#include "base/digest.h"
#include "base/encodings.h"
#include "local/s3/service.h"

namespace imagemill::local::s3 {

inline constexpr const char* kHost = "127.0.0.1:9000";
inline constexpr const char* kPage = "http://127.0.0.1:8080";

class ServiceTest : public ::testing::Test {
  protected:
    // What a client sends, before it is signed.
    struct Ask {
        std::string method = "GET";
        std::string path = "/";
        std::string query = "";
        http::Headers headers = {};
        std::string body = "";
        std::optional<std::int64_t> content_length = std::nullopt;  // Else the body's.
        std::string payload_hash = "";                              // Else the body's.
        std::string host = kHost;
    };

    ServiceTest()
        : clock_(*parse_rfc3339("2026-12-01T12:00:00Z")),
          log_(clock_, Level::warn, [this](std::string_view line) { logged_ += line; }),
          keys_({.access_key = "IMROOT",
                 .secret_key = "a root's secret",
                 .session_token = "",
                 .expires = std::nullopt},
                {{.function = "reader",
                  .grants = {{Action::get_object, "photos", ""},
                             {Action::put_object, "photos", "manifests/"}}},
                 {.function = "lister",
                  .grants = {{Action::get_object, "photos", ""},
                             {Action::list_bucket, "photos", ""}}},
                 {.function = "writer",
                  .grants = {{Action::put_object, "photos", ""},
                             {Action::delete_object, "photos", ""}}},
                 {.function = "copier",
                  .grants = {{Action::get_object, "photos", ""},
                             {Action::put_object, "album", ""}}}}) {
        std::string dir = std::filesystem::temp_directory_path() / "imagemill-s3-XXXXXX";
        dir_ = ::mkdtemp(dir.data());
        options_.hosts = http::Hosts({"s3.example.com"});
        options_.cors_origins = {kPage};
        auto store = open_disk_store({.dir = dir_,
                                      .region = "us-east-1",
                                      .notifications = {{"photos", "ObjectCreated:", "processor"},
                                                        {"photos", "ObjectRemoved:", "processor"}}},
                                     clock_, log_);
        EXPECT_TRUE(store) << store.error().message;
        store_ = *std::move(store);
        EXPECT_TRUE(store_->create_bucket("photos"));
        start();
    }
    ~ServiceTest() override {
        store_.reset();
        std::filesystem::remove_all(dir_);
    }

    // Again, after options_ changed.
    void start() { handler_ = make_service(options_, *store_, keys_, clock_, log_); }

    aws::Credentials function(const std::string& name) const { return keys_.of_function(name); }

    http::Request request_of(const Ask& ask) const {
        http::Request request;
        request.method = ask.method;
        request.path = ask.path;
        request.query = ask.query;
        request.headers = ask.headers;
        request.headers.set("Host", ask.host);
        request.content_length =
            ask.content_length.value_or(static_cast<std::int64_t>(ask.body.size()));
        request.body = http::make_body(ask.body);
        request.peer = "192.0.2.7";
        return request;
    }

    http::Request sign(const Ask& ask, const aws::Credentials& credentials) const {
        http::Request request = request_of(ask);
        const std::string hash =
            ask.payload_hash.empty() ? format_hex(sha256(ask.body)) : ask.payload_hash;
        aws::sign(request.method, request.path, request.query, request.headers, hash,
                  {.credentials = credentials}, clock_.now());
        return request;
    }

    http::Response send(http::Request request) { return handler_(request); }
    http::Response send(const Ask& ask) { return send(sign(ask, keys_.root())); }
    http::Response send_as(const aws::Credentials& credentials, const Ask& ask) {
        return send(sign(ask, credentials));
    }
    http::Response send_unsigned(const Ask& ask) { return send(request_of(ask)); }

    http::Response get(const std::string& path, http::Headers headers = {}) {
        return send(Ask{.path = path, .headers = std::move(headers)});
    }
    http::Response head(const std::string& path, http::Headers headers = {}) {
        return send(Ask{.method = "HEAD", .path = path, .headers = std::move(headers)});
    }
    http::Response put(const std::string& path, const std::string& body,
                       http::Headers headers = {}) {
        return send(
            Ask{.method = "PUT", .path = path, .headers = std::move(headers), .body = body});
    }
    http::Response remove(const std::string& path, http::Headers headers = {}) {
        return send(Ask{.method = "DELETE", .path = path, .headers = std::move(headers)});
    }
    bool has(const std::string& key) { return store_->head("photos", key).has_value(); }
    // Uploads that were dropped leave nothing behind.
    bool has_leftovers() const {
        return !std::filesystem::is_empty(std::filesystem::path(dir_) / "tmp");
    }

    std::string dir_;
    std::string logged_;
    FakeClock clock_;
    Log log_;
    Keys keys_;
    ServiceOptions options_{.region = "us-east-1",
                            .hosts = http::Hosts({}),
                            .cors_origins = {},
                            .object_bytes_max = 1000,
                            .functions = {"processor", "other"},
                            .public_url = ""};
    std::unique_ptr<DiskStore> store_;
    http::Handler handler_;
};

// The text of an element of an XML answer; "" where there is none.
inline std::string element(const http::Response& response, const std::string& name) {
    const std::string xml = http::body_text(response);
    const std::size_t start = xml.find("<" + name + ">");
    const std::size_t end = xml.find("</" + name + ">", start);
    if (start == std::string::npos || end == std::string::npos) return "";
    return xml.substr(start + name.size() + 2, end - start - name.size() - 2);
}

// "404 NoSuchKey", or "200" where the answer is no error.
inline std::string outcome(const http::Response& response) {
    const std::string code = element(response, "Code");
    return std::to_string(response.status) + (code.empty() ? "" : " " + code);
}

inline std::string header(const http::Response& response, std::string_view name) {
    return std::string(response.headers.get_or(name, ""));
}

}  // namespace imagemill::local::s3
