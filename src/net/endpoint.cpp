#include <algorithm>

#include "base/encodings.h"
#include "net/client.h"

namespace imagemill::net {
namespace {

Error invalid(std::string_view url, std::string_view reason) {
    return Error{Code::invalid_argument, "\"" + printable(url, 200) +
                                             "\" is not an endpoint: " + std::string(reason) +
                                             "; expected http://host, https://host or either with "
                                             ":port."};
}

int default_port(std::string_view scheme) {
    return scheme == "https" ? 443 : 80;
}

bool is_host(std::string_view host) {
    return !host.empty() && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
}

bool is_ipv6(std::string_view host) {
    return host.find(':') != std::string_view::npos && std::ranges::all_of(host, [](char c) {
               return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
           });
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view url) {
    const std::string text = to_lower(url);
    std::string_view rest = text;
    const std::size_t scheme_end = rest.find("://");
    if (scheme_end == std::string_view::npos) return invalid(url, "it has no scheme");
    Endpoint endpoint;
    endpoint.scheme = rest.substr(0, scheme_end);
    if (endpoint.scheme != "http" && endpoint.scheme != "https") {
        return invalid(url, "the scheme is neither http nor https");
    }
    endpoint.port = default_port(endpoint.scheme);
    rest.remove_prefix(scheme_end + 3);
    if (rest.ends_with('/')) rest.remove_suffix(1);

    const bool has_brackets = rest.starts_with('[');
    const std::size_t host_end =
        has_brackets ? rest.find(']') : std::min(rest.find(':'), rest.size());
    if (host_end == std::string_view::npos) return invalid(url, "a bracket is not closed");
    endpoint.host = rest.substr(has_brackets ? 1 : 0, host_end - (has_brackets ? 1 : 0));
    rest.remove_prefix(host_end + (has_brackets ? 1 : 0));
    if (has_brackets ? !is_ipv6(endpoint.host) : !is_host(endpoint.host)) {
        return invalid(url, "the host is empty or has a character that no host has");
    }
    if (rest.empty()) return endpoint;
    const auto port = rest.starts_with(':') ? parse_count(rest.substr(1)) : Error{};
    if (!port || *port < 1 || *port > 65'535) {
        return invalid(url, "after the host comes a port from 1 to 65535 or nothing");
    }
    endpoint.port = static_cast<int>(*port);
    return endpoint;
}

std::string host_header(const Endpoint& endpoint) {
    const bool is_address6 = endpoint.host.find(':') != std::string::npos;
    std::string header = is_address6 ? "[" + endpoint.host + "]" : endpoint.host;
    if (endpoint.port != default_port(endpoint.scheme)) {
        header += ":" + std::to_string(endpoint.port);
    }
    return header;
}

}  // namespace imagemill::net
