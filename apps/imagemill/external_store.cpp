#include "external_store.h"

#include <sys/mman.h>

#include <condition_variable>
#include <utility>

#include "files.h"

namespace imagemill {
namespace {

constexpr Milliseconds kLookAgain{60'000};
constexpr Milliseconds kLookAgainInTrouble{5'000};
constexpr Milliseconds kAnswerTimeout{5'000};

Error no_key(const Error& error) {
    return Error{error.code, "--s3-endpoint needs a key of that store. " + error.message};
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
    auto source = aws::find_credentials(environment, read_file, *made->client_, clock);
    if (!source) return no_key(source.error());
    const auto key = (*source)();
    if (!key) return no_key(key.error());
    made->source_ = *std::move(source);
    made->region_ = find_region(environment);
    made->authorities_ = environment("SSL_CERT_FILE").value_or("");
    made->variables_ = made->variables_of(*key);
    made->objects_ = TRY(
        aws::make_s3_store({.endpoint = made->url(), .region = made->region_, .attempts_max = 1},
                           made->source_, *made->client_, clock));
    return made;
}

std::map<std::string, std::string> ExternalStore::variables_of(const aws::Credentials& key) const {
    std::map<std::string, std::string> variables{{"AWS_ACCESS_KEY_ID", key.access_key},
                                                 {"AWS_SECRET_ACCESS_KEY", key.secret_key},
                                                 {"AWS_ENDPOINT_URL_S3", url()}};
    if (!key.session_token.empty()) variables["AWS_SESSION_TOKEN"] = key.session_token;
    if (key.expires) variables["AWS_CREDENTIAL_EXPIRATION"] = format_rfc3339(*key.expires);
    if (!authorities_.empty()) variables["SSL_CERT_FILE"] = authorities_;
    return variables;
}

std::map<std::string, std::string> ExternalStore::function_variables() const {
    const std::lock_guard lock(mutex_);
    return variables_;
}

std::vector<std::string> ExternalStore::function_files() const {
    return endpoint_.scheme == "https" ? net::authority_files() : std::vector<std::string>();
}

Result<local::OpenedObject> ExternalStore::fetch(const store::ObjectId& id, std::int64_t size_max) {
    const store::Object object = TRY(objects_->get(id, {.size_max = size_max}));
    local::OpenedObject opened{.object = {}, .file = Fd(memfd_create("object", MFD_CLOEXEC))};
    opened.object.size_bytes = std::ssize(object.body);
    Bytes left = object.body;
    while (!left.empty()) {
        const ssize_t count = write(opened.file.get(), left.data(), left.size());
        if (count < 0) return Error{Code::unavailable, "There is no memory to show it from."};
        left = left.subspan(static_cast<std::size_t>(count));
    }
    return opened;
}

void ExternalStore::watch(std::vector<std::string> buckets, std::function<void()> renewed) {
    buckets_ = std::move(buckets);
    renewed_ = std::move(renewed);
    look();
    watcher_ = std::jthread([this](const std::stop_token& stopping) { look_on(stopping); });
}

void ExternalStore::stop() {
    watcher_ = {};
}

std::string ExternalStore::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

// Where there is no key any more, look() meets the same and says so.
void ExternalStore::renew() {
    const auto key = source_();
    if (!key) return;
    auto variables = variables_of(*key);
    {
        const std::lock_guard lock(mutex_);
        if (variables == variables_) return;
        variables_ = std::move(variables);
    }
    log_.info("the store's key was renewed");
    renewed_();
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
        if (stopping.stop_requested()) return;
        renew();
        look();
    }
}

}  // namespace imagemill
