#include "aws/container_credentials.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/encodings.h"
#include "base/json.h"

namespace imagemill::aws {
namespace {

constexpr std::string_view kEcs = "http://169.254.170.2";
constexpr std::array<std::string_view, 4> kNeighbours = {"169.254.170.2", "169.254.170.23",
                                                         "fd00:ec2::23", "localhost"};
constexpr Milliseconds kRefreshBefore{300'000};
constexpr Milliseconds kFetchPause{10'000};  // However little life what comes has left.
constexpr Milliseconds kTimeout{2'000};
constexpr Milliseconds kFirstPause{100};
constexpr int kAttemptsMax = 3;
constexpr std::int64_t kAnswerBytesMax = 64 * 1024;

bool is_loopback(const std::string& host) {
    in_addr v4 = {};
    if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
    in6_addr v6 = {};
    return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

// Who runs this program may be told what Lambda's own service is told.
bool is_runtime_api(const std::string& host, const Environment& environment) {
    const auto api = environment("AWS_LAMBDA_RUNTIME_API");
    const auto endpoint = api ? net::parse_endpoint("http://" + *api) : Error{};
    return endpoint && endpoint->host == host;
}

Result<ContainerAddress> parse_address(const std::string& url, std::string_view variable) {
    const std::size_t scheme_end = url.find("://");
    const std::size_t host_begin = scheme_end == std::string::npos ? 0 : scheme_end + 3;
    const std::size_t host_end = std::min(url.find_first_of("/?#", host_begin), url.size());
    auto endpoint = net::parse_endpoint(url.substr(0, host_end));
    if (!endpoint) {
        return Error{Code::invalid_argument,
                     std::string(variable) + ": " + endpoint.error().message};
    }
    std::string target = url.substr(host_end, url.find('#', host_end) - host_end);
    if (!target.starts_with('/')) target.insert(0, "/");
    return ContainerAddress{.endpoint = *std::move(endpoint), .target = std::move(target)};
}

// "" where there is no such member, or where it is no string.
std::string member(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

// Both spellings are in use.
std::string said(const json::object& object) {
    std::string words;
    for (const std::string_view name : {"code", "Code", "message", "Message"}) {
        const std::string text = member(object, name);
        if (!text.empty()) words += (words.empty() ? "" : ": ") + printable(text, 200);
    }
    return words.empty() ? "." : ": " + words;
}

Result<Credentials> parse_answer(const json::object& object, const std::string& name) {
    Credentials credentials{.access_key = member(object, "AccessKeyId"),
                            .secret_key = member(object, "SecretAccessKey"),
                            .session_token = member(object, "Token"),
                            .expires = std::nullopt};
    if (credentials.access_key.empty() || credentials.secret_key.empty()) {
        return Error{Code::unauthenticated,
                     name + " gave no AccessKeyId or no SecretAccessKey" + said(object)};
    }
    const std::string expiration = member(object, "Expiration");
    if (expiration.empty()) return credentials;
    const auto expires = parse_rfc3339(expiration);
    if (!expires) {
        return Error{Code::unauthenticated, name + ": Expiration: " + expires.error().message};
    }
    credentials.expires = *expires;
    return credentials;
}

}  // namespace

Result<std::optional<ContainerAddress>> find_container(const Environment& environment) {
    if (const auto path = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
        if (!path->starts_with('/')) {
            return Error{Code::invalid_argument,
                         "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with \"/\"."};
        }
        return std::optional(TRY(
            parse_address(std::string(kEcs) + *path, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")));
    }
    const auto url = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!url) return std::optional<ContainerAddress>();
    auto address = TRY(parse_address(*url, "AWS_CONTAINER_CREDENTIALS_FULL_URI"));
    const std::string& host = address.endpoint.host;
    const bool is_trusted = address.endpoint.scheme == "https" || is_loopback(host) ||
                            std::ranges::find(kNeighbours, host) != kNeighbours.end() ||
                            is_runtime_api(host, environment);
    if (is_trusted) return std::optional(std::move(address));
    return Error{Code::invalid_argument,
                 "AWS_CONTAINER_CREDENTIALS_FULL_URI: credentials are not asked of " + host +
                     " over http; only over https, or of a loopback address, 169.254.170.2, "
                     "169.254.170.23 or [fd00:ec2::23]."};
}

Result<Credentials> ContainerCredentials::get() {
    const std::lock_guard lock(mutex_);
    const Time now = clock_.now();
    const auto lives_beyond = [&](Time time) {
        return held_ && (!held_->expires || *held_->expires > time);
    };
    if (lives_beyond(now + kRefreshBefore)) return *held_;
    if (lives_beyond(now) && now < next_fetch_) return *held_;
    auto fetched = fetch();
    next_fetch_ = now + kFetchPause;
    if (fetched) {
        held_ = *fetched;
    } else if (lives_beyond(now)) {
        return *held_;
    }
    return fetched;
}

Result<Credentials> ContainerCredentials::fetch() const {
    for (int attempt = 1;; ++attempt) {
        auto fetched = fetch_once();
        const bool again =
            !fetched && attempt < kAttemptsMax &&
            (fetched.error().code == Code::unavailable || fetched.error().code == Code::timeout);
        if (!again) return fetched;
        clock_.sleep_for(kFirstPause * attempt);
    }
}

Result<Credentials> ContainerCredentials::fetch_once() const {
    net::ClientRequest request{.target = address_.target,
                               .headers = {{"Accept", "application/json"}},
                               .response_bytes_max = kAnswerBytesMax};
    const std::string authorization = TRY(token());
    if (!authorization.empty()) request.headers.add("Authorization", authorization);
    const auto response = TRY(client_.send(address_.endpoint, request, kTimeout));

    const auto parsed = parse_json(as_text(response.body));
    const json::object* found = parsed ? parsed->if_object() : nullptr;
    const json::object object = found != nullptr ? *found : json::object();
    if (response.status == 200) return parse_answer(object, name());
    const bool may_pass = response.status == 429 || response.status >= 500;
    return Error{may_pass ? Code::unavailable : Code::unauthenticated,
                 name() + " answered " + std::to_string(response.status) + said(object)};
}

// The file is read each time: EKS writes a new token into it before the old one expires.
Result<std::string> ContainerCredentials::token() const {
    std::string text;
    if (const auto path = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
        auto content = read_file_(*path);
        if (!content) {
            return Error{Code::invalid_argument,
                         "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: " + content.error().message};
        }
        text = *std::move(content);
        while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    } else {
        text = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
    }
    if (std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; })) return text;
    return Error{Code::invalid_argument,
                 "The container's authorization token is not one line of printable ASCII."};
}

std::string ContainerCredentials::name() const {
    return "The container's credentials: " + address_.endpoint.scheme + "://" +
           net::host_header(address_.endpoint);
}

}  // namespace imagemill::aws
