#include "http/hosts.h"

#include <algorithm>

#include "base/encodings.h"

namespace imagemill::http {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_' || c == '.';
}

// An IPv6 literal in brackets, or four numbers: addresses have no subdomains.
bool is_address(std::string_view host) {
    return !host.empty() && (host[0] == '[' || is_digit(host.back()));
}

// The host in lower case, without port and final dot; empty where it is none.
std::string parse_host(std::string_view header) {
    std::string host = to_lower(header);
    const std::size_t port = host.find(':', host.starts_with('[') ? host.find(']') : 0);
    if (port != std::string::npos) {
        if (!std::all_of(host.begin() + static_cast<std::ptrdiff_t>(port) + 1, host.end(),
                         is_digit)) {
            return "";
        }
        host.resize(port);
    }
    if (host.starts_with('[')) return host.ends_with(']') ? host : "";
    if (host.ends_with('.')) host.pop_back();
    return std::ranges::all_of(host, is_host_character) ? host : "";
}

// A name as a caller has it: "::1" where a header has "[::1]".
std::string normalize(std::string_view name) {
    const bool bare_ipv6 = !name.starts_with('[') && std::ranges::count(name, ':') > 1;
    return parse_host(bare_ipv6 ? "[" + std::string(name) + "]" : std::string(name));
}

}  // namespace

Hosts::Hosts(std::vector<std::string> names) {
    names.insert(names.end(), {"localhost", "127.0.0.1", "[::1]"});
    for (const std::string& name : names) {
        std::string host = normalize(name);
        if (!host.empty() && std::ranges::find(names_, host) == names_.end()) {
            names_.push_back(std::move(host));
        }
    }
    // The longest first, so that the nearest name is the one a subdomain belongs to.
    std::ranges::stable_sort(names_,
                             [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

bool Hosts::allows(std::string_view host_header) const {
    const std::string host = parse_host(host_header);
    if (host.empty()) return false;
    return std::ranges::find(names_, host) != names_.end() || !subdomain_of(host_header).empty();
}

std::string Hosts::subdomain_of(std::string_view host_header) const {
    const std::string host = parse_host(host_header);
    if (host.empty() || std::ranges::find(names_, host) != names_.end()) return "";
    for (const std::string& name : names_) {
        const std::string suffix = "." + name;
        if (is_address(name) || !host.ends_with(suffix)) continue;
        const std::string labels = host.substr(0, host.size() - suffix.size());
        const bool has_empty_label = labels.empty() || labels[0] == '.' || labels.back() == '.' ||
                                     labels.find("..") != std::string::npos;
        return has_empty_label ? "" : labels;
    }
    return "";
}

}  // namespace imagemill::http
