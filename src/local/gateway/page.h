// page: the page's files and /config.json as responses, with what keeps a page to itself.
//
// Shapes:  Each file has an ETag and is asked for again each time (Cache-Control: no-cache):
//          If-None-Match is answered 304.
// Threads: any.
// Source:  RFC 9110 13.1.2 (If-None-Match), W3C Content Security Policy Level 3.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "http/message.h"
#include "local/gateway/gateway.h"

namespace imagemill::local {

class Page final {
  public:
    explicit Page(const GatewayOptions& options);

    bool has(std::string_view path) const { return files_.contains(path); }
    // Of a path that it has.
    http::Response get(const http::Request& request) const;

  private:
    struct File {
        std::string content_type;
        std::string_view bytes;
        std::string etag;
    };

    const std::string config_json_;
    const std::string policy_;
    std::map<std::string, File, std::less<>> files_;
};

// The Content-Security-Policy of a page: its own scripts and styles, its pictures and calls, and
// nothing else but pictures from and calls of `sources`.
std::string content_security_policy(const std::string& sources);

// Headers that every answer has, the page's and the function's.
void add_safety_headers(http::Headers& headers);

}  // namespace imagemill::local
