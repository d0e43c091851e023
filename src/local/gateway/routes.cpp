#include "local/gateway/routes.h"

#include <array>

namespace imagemill::local {
namespace {

struct Resource {
    std::string_view path;     // Ends in "/" where anything but nothing may follow.
    std::string_view name;     // In API Gateway's words.
    std::string_view methods;  // As in Allow.
    Target target;
};

constexpr std::array kResources{
    Resource{"/upload", "/upload", "POST, OPTIONS", Target::function},
    Resource{"/image/", "/image/{filename+}", "GET, HEAD, DELETE, OPTIONS", Target::function},
    Resource{"/openapi.json", "/openapi.json", "GET, HEAD", Target::function},
    Resource{"/2015-03-31/functions/", "/2015-03-31/functions/{name}/invocations", "POST",
             Target::invoke},
    Resource{"/metrics", "/metrics", "GET, HEAD", Target::metrics},
    Resource{"/admin/", "/admin/{call+}", "GET, POST", Target::operators},
    Resource{"/events", "/events", "POST", Target::store_events},
    Resource{"/events/", "/events/{token}", "POST", Target::store_events},
    Resource{"/console", "/console", "GET", Target::console},
    Resource{"/console/login", "/console/login", "GET", Target::console},
    Resource{"/console/api/", "/console/api/{call+}", "GET, POST", Target::console},
    Resource{"/health", "/health", "GET, HEAD", Target::health},
};

bool matches(const Resource& resource, std::string_view path) {
    if (!resource.path.ends_with('/')) return path == resource.path;
    return path.starts_with(resource.path) && path.size() > resource.path.size();
}

bool names(std::string_view methods, std::string_view method) {
    while (!methods.empty()) {
        const std::size_t comma = methods.find(", ");
        if (methods.substr(0, comma) == method) return true;
        if (comma == methods.npos) return false;
        methods.remove_prefix(comma + 2);
    }
    return false;
}

Route route_to(const Resource& resource, std::string_view method) {
    Route route;
    if (!names(resource.methods, method)) {
        route.target = Target::method_not_allowed;
        route.allow = resource.methods;
        return route;
    }
    route.target = resource.target;
    // HEAD is GET whose body the server keeps to itself (RFC 9110 9.3.2).
    route.key = std::string(method == "HEAD" ? "GET" : method) + " " + std::string(resource.name);
    return route;
}

}  // namespace

Route route_of(std::string_view method, std::string_view path, IsFile is_file) {
    for (const Resource& resource : kResources) {
        if (matches(resource, path)) return route_to(resource, method);
    }
    if (is_file == IsFile::no) return {};
    return route_to({path, path, "GET, HEAD", Target::file}, method);
}

}  // namespace imagemill::local
