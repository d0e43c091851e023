#include "aws/sigv4.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/encodings.h"

namespace imagemill::aws {
namespace {

// Clients and proxies change these on the way, or add them after signing.
constexpr std::array<std::string_view, 14> kNeverSigned{"authorization",
                                                        "connection",
                                                        "expect",
                                                        "keep-alive",
                                                        "proxy-authenticate",
                                                        "proxy-connection",
                                                        "proxy-authorization",
                                                        "te",
                                                        "trailer",
                                                        "transfer-encoding",
                                                        "upgrade",
                                                        "user-agent",
                                                        "x-amzn-trace-id",
                                                        "content-length"};

// Decoded and encoded again, so that both sides agree whatever was escaped on the wire. What cannot
// be decoded is taken as it is: `verify` refuses it before.
std::string encode_again(std::string_view text, Slash slash) {
    const auto decoded = percent_decode(text);
    return percent_encode(decoded ? std::string_view(*decoded) : text, slash);
}

std::string canonical_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> pairs;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
        pairs.emplace_back(encode_again(pair.substr(0, equals), Slash::encode),
                           encode_again(value, Slash::encode));
    }
    std::ranges::sort(pairs);

    std::string text;
    for (const auto& [name, value] : pairs) {
        if (name == "X-Amz-Signature") continue;
        if (!text.empty()) text += '&';
        text += name + "=" + value;
    }
    return text;
}

// Off both ends, and runs of spaces inside become one.
std::string canonical_value(std::string_view value) {
    std::string text;
    for (const char c : trim(value)) {
        if (c != ' ' || !text.ends_with(' ')) text += c;
    }
    return text;
}

// Every header by its lower-case name; values of one name joined by commas, in order.
std::map<std::string, std::string, std::less<>> canonical_headers(const http::Headers& headers) {
    std::map<std::string, std::string, std::less<>> canonical;
    for (const auto& [name, value] : headers.fields()) {
        const auto [entry, added] = canonical.try_emplace(to_lower(name), canonical_value(value));
        if (!added) entry->second += "," + canonical_value(value);
    }
    return canonical;
}

std::string join(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ";") + name;
    return text;
}

std::vector<std::string> names_to_sign(const http::Headers& headers) {
    std::vector<std::string> names;
    for (const auto& field : headers.fields()) {
        std::string name = to_lower(field.first);
        if (std::ranges::find(kNeverSigned, name) == kNeverSigned.end()) {
            names.push_back(std::move(name));
        }
    }
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::string query_pair(std::string_view name, std::string_view value) {
    return percent_encode(name, Slash::encode) + "=" + percent_encode(value, Slash::encode);
}

std::string sign_canonical(std::string_view canonical, std::string_view iso_time,
                           const SigningTarget& target) {
    const std::string_view date = iso_time.substr(0, 8);
    const Sha256 key =
        signing_key(target.credentials.secret_key, date, target.region, target.service);
    return signature(
        key, string_to_sign(iso_time, scope_of(date, target.region, target.service), canonical));
}

}  // namespace

std::string canonical_request(const CanonicalInput& input) {
    std::string text(input.method);
    text += '\n';
    text += encode_again(input.path.empty() ? "/" : input.path, Slash::keep) + "\n";
    text += canonical_query(input.query) + "\n";
    const auto headers = canonical_headers(input.headers);
    for (const std::string& name : input.signed_headers) {
        const auto header = headers.find(name);
        text += name + ":" + (header == headers.end() ? "" : header->second) + "\n";
    }
    text += "\n" + join(input.signed_headers) + "\n";
    text += input.payload_hash;
    return text;
}

std::string string_to_sign(std::string_view iso_time, std::string_view scope,
                           std::string_view canonical_request) {
    std::string text = "AWS4-HMAC-SHA256\n";
    text += iso_time;
    text += '\n';
    text += scope;
    text += "\n" + format_hex(sha256(canonical_request));
    return text;
}

std::string scope_of(std::string_view date, std::string_view region, std::string_view service) {
    std::string text(date);
    text += '/';
    text += region;
    text += '/';
    text += service;
    text += "/aws4_request";
    return text;
}

Sha256 signing_key(std::string_view secret_key, std::string_view date, std::string_view region,
                   std::string_view service) {
    const std::string first = "AWS4" + std::string(secret_key);
    Sha256 key = hmac_sha256(as_bytes(first), as_bytes(date));
    for (const std::string_view step : {region, service, std::string_view("aws4_request")}) {
        key = hmac_sha256(key, as_bytes(step));
    }
    return key;
}

std::string signature(const Sha256& key, std::string_view string_to_sign) {
    return format_hex(hmac_sha256(key, as_bytes(string_to_sign)));
}

void sign(std::string_view method, std::string_view path, std::string_view query,
          http::Headers& headers, std::string_view payload_hash, const SigningTarget& target,
          Time now) {
    const std::string iso_time = format_iso_basic(now);
    headers.set("x-amz-date", iso_time);
    headers.set("x-amz-content-sha256", std::string(payload_hash));
    if (!target.credentials.session_token.empty()) {
        headers.set("x-amz-security-token", target.credentials.session_token);
    }

    const std::vector<std::string> names = names_to_sign(headers);
    const std::string canonical = canonical_request({.method = method,
                                                     .path = path,
                                                     .query = query,
                                                     .headers = headers,
                                                     .signed_headers = names,
                                                     .payload_hash = payload_hash});
    const std::string scope =
        scope_of(std::string_view(iso_time).substr(0, 8), target.region, target.service);
    headers.set("Authorization", "AWS4-HMAC-SHA256 Credential=" + target.credentials.access_key +
                                     "/" + scope + ", SignedHeaders=" + join(names) +
                                     ", Signature=" + sign_canonical(canonical, iso_time, target));
}

std::string presign_query(std::string_view method, std::string_view path, std::string_view host,
                          const http::Parameters& parameters, int seconds,
                          const SigningTarget& target, Time now) {
    const std::string iso_time = format_iso_basic(now);
    const std::string scope =
        scope_of(std::string_view(iso_time).substr(0, 8), target.region, target.service);
    http::Parameters all = parameters;
    all.emplace_back("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
    all.emplace_back("X-Amz-Credential", target.credentials.access_key + "/" + scope);
    all.emplace_back("X-Amz-Date", iso_time);
    all.emplace_back("X-Amz-Expires", std::to_string(seconds));
    all.emplace_back("X-Amz-SignedHeaders", "host");
    if (!target.credentials.session_token.empty()) {
        all.emplace_back("X-Amz-Security-Token", target.credentials.session_token);
    }
    std::string query;
    for (const auto& [name, value] : all) {
        query += (query.empty() ? "" : "&") + query_pair(name, value);
    }

    const http::Headers headers{{"host", std::string(host)}};
    const std::string canonical = canonical_request({.method = method,
                                                     .path = path,
                                                     .query = query,
                                                     .headers = headers,
                                                     .signed_headers = {"host"},
                                                     .payload_hash = kUnsignedPayload});
    return query + "&" + query_pair("X-Amz-Signature", sign_canonical(canonical, iso_time, target));
}

}  // namespace imagemill::aws
