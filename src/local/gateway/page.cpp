#include "local/gateway/page.h"

#include "base/digest.h"
#include "base/encodings.h"

namespace imagemill::local {
namespace {

constexpr std::string_view kPermissions =
    "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

std::string etag_of(std::string_view bytes) {
    const Sha256 digest = sha256(bytes);
    return "\"" + format_hex(Bytes(digest).first(16)) + "\"";
}

// A list of entity tags, or "*"; W/ says nothing here, since the comparison is weak.
bool names_etag(std::string_view list, std::string_view etag) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        std::string_view tag = trim(list.substr(0, comma));
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag == "*" || tag == etag) return true;
        if (comma == list.npos) return false;
        list.remove_prefix(comma + 1);
    }
    return false;
}

}  // namespace

std::string content_security_policy(const std::string& sources) {
    const std::string more = sources.empty() ? "" : " " + sources;
    return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:" +
           more + "; connect-src 'self'" + more +
           "; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
}

Page::Page(const GatewayOptions& options)
    : config_json_(options.config_json),
      policy_(content_security_policy(options.page_connect_sources)) {
    for (const auto& [path, file] : options.files) {
        files_[path] = {std::string(file.content_type), file.bytes, etag_of(file.bytes)};
    }
    files_["/config.json"] = {"application/json", config_json_, etag_of(config_json_)};
}

http::Response Page::get(const http::Request& request) const {
    const auto found = files_.find(request.path);
    CHECK(found != files_.end());
    const File& file = found->second;
    http::Response response;
    response.headers.set("ETag", file.etag);
    response.headers.set("Cache-Control", "no-cache");
    response.headers.set("Content-Security-Policy", policy_);
    response.headers.set("Permissions-Policy", std::string(kPermissions));
    if (names_etag(request.headers.get_or("If-None-Match", ""), file.etag)) {
        response.status = 304;
        return response;
    }
    response.headers.set("Content-Type", file.content_type);
    response.body = to_buffer(file.bytes);
    return response;
}

void add_safety_headers(http::Headers& headers) {
    headers.set("X-Content-Type-Options", "nosniff");
    if (!headers.get("Referrer-Policy")) headers.set("Referrer-Policy", "no-referrer");
}

}  // namespace imagemill::local
