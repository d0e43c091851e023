#include "external_store.h"

#include <condition_variable>
#include <utility>

#include "files.h"

namespace imagemill {
namespace {

constexpr Milliseconds kLookAgain{60'000};
constexpr Milliseconds kLookAgainInTrouble{5'000};
constexpr Milliseconds kAnswerTimeout{5'000};

Result<aws::Credentials> find_key(const aws::Environment& environment, net::Client& client,
                                  const Clock& clock) {
    const auto source = aws::find_credentials(environment, read_file, client, clock);
    auto key = source ? (*source)() : Result<aws::Credentials>(source.error());
    if (key) return key;
    return Error{key.error().code,
                 "--s3-endpoint needs a key of that store. " + key.error().message};
}

std::string find_region(const aws::Environment& environment) {
    const auto region = environment("AWS_REGION");
    return region ? *region : environment("AWS_DEFAULT_REGION").value_or("us-east-1");
}

}  // namespace

Result<std::unique_ptr<ExternalStore>> ExternalStore::open(const std::string& url,
                                                           const aws::Environment& environment,
                                                           const Clock& clock, const Log& log) {
    net::Endpoint endpoint = TRY(net::parse_endpoint(url));
    auto made = std::make_unique<ExternalStore>(std::move(endpoint), log);
    made->client_ = net::make_client({.timeout = kAnswerTimeout});
    aws::Credentials credentials = TRY(find_key(environment, *made->client_, clock));
    made->region_ = find_region(environment);
    made->variables_ = {{"AWS_ACCESS_KEY_ID", credentials.access_key},
                        {"AWS_SECRET_ACCESS_KEY", credentials.secret_key},
                        {"AWS_ENDPOINT_URL_S3", made->url()}};
    if (!credentials.session_token.empty()) {
        made->variables_["AWS_SESSION_TOKEN"] = credentials.session_token;
    }
    if (credentials.expires) {
        made->variables_["AWS_CREDENTIAL_EXPIRATION"] = format_rfc3339(*credentials.expires);
    }
    if (const auto file = environment("SSL_CERT_FILE")) made->variables_["SSL_CERT_FILE"] = *file;
    made->objects_ = TRY(
        aws::make_s3_store({.endpoint = made->url(), .region = made->region_, .attempts_max = 1},
                           std::move(credentials), *made->client_, clock));
    return made;
}

std::vector<std::string> ExternalStore::function_files() const {
    return endpoint_.scheme == "https" ? net::authority_files() : std::vector<std::string>();
}

void ExternalStore::watch(std::vector<std::string> buckets) {
    buckets_ = std::move(buckets);
    look();
    watcher_ = std::jthread([this](const std::stop_token& stopping) { look_on(stopping); });
}

std::string ExternalStore::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

void ExternalStore::look() {
    std::string trouble;
    for (const std::string& bucket : buckets_) {
        const auto page = objects_->list(bucket, {.count_max = 1});
        if (page) continue;
        trouble =
            "The bucket " + bucket + " cannot be listed at " + url() + ": " + page.error().message;
        break;
    }
    const std::string before = [&] {
        const std::lock_guard lock(mutex_);
        return std::exchange(trouble_, trouble);
    }();
    if (trouble == before) return;
    if (trouble.empty()) return log_.info("the store can be used again", {{"store", url()}});
    log_.warn("the store cannot be used", {{"reason", trouble}});
}

void ExternalStore::look_on(const std::stop_token& stopping) {
    std::mutex mutex;
    std::condition_variable_any never;
    while (!stopping.stop_requested()) {
        const Milliseconds pause = trouble().empty() ? kLookAgain : kLookAgainInTrouble;
        std::unique_lock lock(mutex);
        never.wait_for(lock, stopping, pause, [] { return false; });
        if (!stopping.stop_requested()) look();
    }
}

}  // namespace imagemill
