// routes: what the gateway makes of a request's method and path. No decision about a route is made
// anywhere else.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace imagemill::local {

enum class Target {
    function,
    health,
    invoke,
    metrics,
    operators,
    store_events,
    console,
    file,
    not_found,
    method_not_allowed
};

struct Route {
    Target target = Target::not_found;
    std::string key;    // Of the function's: "GET /image/{filename+}".
    std::string allow;  // The methods there are, of method_not_allowed.
};

enum class IsFile { no, yes };
// `is_file`: whether the page has a file of that path.
Route route_of(std::string_view method, std::string_view path, IsFile is_file);

}  // namespace imagemill::local
