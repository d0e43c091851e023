#include "cloud.h"

#include <embedded_files.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/json.h"
#include "console_settings.h"
#include "external_store.h"
#include "function_environment.h"
#include "function_limits.h"
#include "functions/settings.h"
#include "grants.h"
#include "image/image.h"
#include "local/containment/containment.h"
#include "local/gateway/activity.h"
#include "local/gateway/console_access.h"
#include "local/gateway/gateway.h"
#include "local/gateway/original.h"
#include "local/lambda/logs.h"
#include "local/lambda/pool.h"
#include "local/s3/key_file.h"
#include "local/s3/keys.h"
#include "local/s3/service.h"
#include "local/storage/disk_store.h"
#include "net/client.h"
#include "net/relay.h"
#include "net/server.h"
#include "operator_files.h"
#include "requeue.h"
#include "s3_requests.h"
#include "telling.h"

namespace imagemill {
namespace {

constexpr const char* kProcessor = "image-resize-processor";
constexpr const char* kApi = "image-upload-handler";
constexpr const char* kRegion = "us-east-1";
constexpr int kApiInstancesMax = 32;
constexpr std::int64_t kPayloadBytesMax = INT64_C(128) << 20;
constexpr std::int64_t kPayloadBytesMaxOnAws = 6'291'556;

std::string url_of(const std::string& host, int port) {
    const bool is_v6 = host.find(':') != std::string::npos;
    return "http://" + (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

// All that a function sees of this machine's files.
std::vector<std::string> function_files(const std::string& bootstrap) {
    std::vector<std::string> paths{bootstrap};
    for (auto& more :
         {image::engine_files(bootstrap), local::library_paths(), local::font_paths()}) {
        paths.insert(paths.end(), more.begin(), more.end());
    }
    return paths;
}

std::string_view content_type_of(std::string_view path) {
    constexpr std::pair<std::string_view, std::string_view> types[] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".json", "application/json"},
        {".png", "image/png"},
        {".webmanifest", "application/manifest+json"},
        {".txt", "text/plain; charset=utf-8"}};
    for (const auto& [ending, type] : types) {
        if (path.ends_with(ending)) return type;
    }
    return "application/octet-stream";
}

class OneMachine final : public Cloud {
  public:
    OneMachine(const CloudOptions& options, const Clock& clock, const Log& log)
        : options_(options), clock_(clock), log_(log) {}

    ~OneMachine() override {
        stopping_.request_stop();  // Whoever looks at the console is not waited for.
        if (gateway_) gateway_->stop();
        if (external_) external_->stop();
        if (pool_) pool_->stop(Milliseconds(5'000));
        if (s3_) s3_->stop();
    }

    std::string url() const override { return url_of(options_.host, page_port_); }
    std::string s3_url() const override {
        return external_ ? external_->url() : url_of(options_.host, s3_port_);
    }
    std::string events_url() const override {
        if (!external_) return "";
        const bool is_in_file = events_token(options_).empty();
        const std::string path = options_.data + "/" + kEventsToken;
        const std::string token =
            is_in_file
                ? "$(cat " + std::filesystem::absolute(path).lexically_normal().string() + ")"
                : "$IMAGEMILL_EVENTS_TOKEN";
        return outer_url() + "/events/" + token;
    }
    std::string console_url() const override { return outer_url() + console_access_->make_link(); }
    bool uploads_are_open() const override {
        return settings_.upload_token.empty() && !is_loopback(options_.host);
    }

    Result<void> start() {
        FunctionEnvironment made = TRY(read_function_environment(options_));
        environment_ = std::move(made.variables);
        settings_ = std::move(made.settings);
        // Ports are taken before anything is built: the functions must know the S3 service's, the
        // S3 service the page's.
        net::Listener page = TRY(net::bind_listener(options_.host, options_.port));
        page_port_ = page.port;
        telling_ = TRY(Telling::make(options_.environment));
        if (options_.s3_endpoint.empty()) {
            net::Listener s3 = TRY(net::bind_listener(options_.host, options_.s3_port));
            s3_port_ = s3.port;
            TRY(open_data(notifications()));
            TRY(store_->create_bucket(settings_.source_bucket));
            TRY(store_->create_bucket(settings_.destination_bucket));
            TRY(start_s3(std::move(s3)));
        } else {
            TRY(open_external_store());
        }
        TRY(start_pool());
        if (external_) {
            external_->watch({settings_.source_bucket, settings_.destination_bucket},
                             [this] { renew_key(); });
        }
        TRY(start_gateway(std::move(page)));
        server_file_ = TRY(ServerFile::write(options_.data, inner_url_of(page_port_)));
        return {};
    }

    Result<bool> reload_recipes() override {
        // Of all that is read again, the recipes alone can be other than they were.
        FunctionEnvironment made = TRY(read_function_environment(options_));
        if (made.variables == environment_) return false;
        const std::lock_guard lock(environment_mutex_);
        environment_ = std::move(made.variables);
        TRY(set_environments());
        return true;
    }

  private:
    // Under environment_mutex_, so that the last word is of the last change.
    Result<void> set_environments() {
        TRY(pool_->set_environment(kProcessor, function(kProcessor, "processor").environment));
        return pool_->set_environment(kApi, function(kApi, "api").environment);
    }

    // The instances with the last one stop as they come to an end of their work.
    void renew_key() {
        const std::lock_guard lock(environment_mutex_);
        const auto set = set_environments();
        if (!set) log_.error("functions keep the store's last key: " + set.error().message);
    }

    std::vector<local::Notification> notifications() const {
        std::vector<local::Notification> all{
            {settings_.source_bucket, "ObjectCreated:", kProcessor},
            {settings_.source_bucket, "ObjectRemoved:", kProcessor}};
        if (telling_) all.push_back(Telling::notification(settings_.destination_bucket));
        return all;
    }

    Result<void> open_external_store() {
        external_ =
            TRY(ExternalStore::open(options_.s3_endpoint, options_.aws_environment, clock_, log_));
        TRY(open_data({}));
        events_token_ = TRY(load_events_token(options_.data, events_token(options_)));
        return {};
    }

    // Of another store's pictures, the queue alone is in it.
    Result<void> open_data(std::vector<local::Notification> notifications) {
        store_ = TRY(local::open_disk_store(
            {.dir = options_.data, .region = kRegion, .notifications = std::move(notifications)},
            clock_, log_));
        key_file_ = std::make_unique<local::KeyFile>(options_.data, log_);
        keys_ = std::make_unique<local::Keys>(
            TRY(local::load_root_key(options_.data)),
            function_grants(settings_.source_bucket, settings_.destination_bucket),
            key_file_.get());
        logs_ = local::make_logs(options_.data + "/logs", INT64_C(16) << 20);
        if (telling_) {
            telling_->start({.function = kApi, .bucket = settings_.destination_bucket},
                            store_->events(), *logs_, clock_);
        }
        return {};
    }

    Result<http::Hosts> hosts(const std::string& public_url) const {
        std::vector<std::string> names{options_.host};
        if (!public_url.empty()) names.push_back(TRY(net::parse_endpoint(public_url)).host);
        return http::Hosts(std::move(names));
    }

    // The page's origins: what a browser may show in its address bar for this gateway.
    Result<std::vector<std::string>> page_origins() const {
        std::vector<std::string> origins = settings_.cors_origins;
        const std::string port = ":" + std::to_string(page_port_);
        for (const char* name : {"127.0.0.1", "localhost", "[::1]"}) {
            origins.push_back("http://" + (name + port));
        }
        if (!is_loopback(options_.host)) origins.push_back(url_of(options_.host, page_port_));
        if (!options_.public_url.empty()) {
            const net::Endpoint endpoint = TRY(net::parse_endpoint(options_.public_url));
            origins.push_back(endpoint.scheme + "://" + net::host_header(endpoint));
        }
        return origins;
    }

    Result<void> start_s3(net::Listener listener) {
        local::s3::ServiceOptions service{.region = kRegion,
                                          .hosts = TRY(hosts(options_.public_s3_url)),
                                          .cors_origins = TRY(page_origins()),
                                          .functions = {kProcessor},
                                          .public_url = options_.public_s3_url};
        if (telling_) service.functions.push_back(local::kWebhook);
        service.on_request = [this](std::string_view operation, int status, std::string_view code) {
            s3_requests_.count(operation, status, code);
        };
        s3_handler_ = local::s3::make_service(std::move(service), *store_, *keys_, clock_, log_);
        s3_ = TRY(net::make_server(std::move(listener), {.name = "AmazonS3"}, s3_handler_, log_));
        return {};
    }

    local::FunctionConfig function(const char* name, const char* handler) const {
        local::FunctionConfig config{.name = name, .handler = handler, .environment = environment_};
        if (external_) {
            for (const auto& [variable, value] : external_->function_variables()) {
                config.environment[variable] = value;
            }
            if (relay_) {
                config.environment["IMAGEMILL_S3_RELAY"] =
                    "127.0.0.1:" + std::to_string(relay_->port());
            }
        } else {
            const aws::Credentials credentials = keys_->of_function(name);
            config.environment["AWS_ACCESS_KEY_ID"] = credentials.access_key;
            config.environment["AWS_SECRET_ACCESS_KEY"] = credentials.secret_key;
            config.environment["AWS_ENDPOINT_URL_S3"] = inner_url_of(s3_port_);
        }
        config.environment["IMAGEMILL_PUBLIC_S3_URL"] = public_s3_url();
        config.environment["IMAGEMILL_CONTAINED"] = "1";
        config.payload_bytes_max = options_.aws_limits ? kPayloadBytesMaxOnAws : kPayloadBytesMax;
        return config;
    }

    // Where this machine finds it: a server on every address is reached by loopback.
    std::string inner_url_of(int port) const {
        if (options_.host == "0.0.0.0") return url_of("127.0.0.1", port);
        if (options_.host == "::") return url_of("::1", port);
        return url_of(options_.host, port);
    }
    // What a client calls the page's port.
    std::string outer_url() const {
        const std::string& url = options_.public_url;
        return url.empty() ? inner_url_of(page_port_)
                           : url.substr(0, url.find_last_not_of('/') + 1);
    }
    std::string region() const { return external_ ? external_->region() : kRegion; }

    local::Isolation find_isolation() {
        std::vector<std::string> files = function_files(options_.bootstrap);
        if (external_) {
            for (std::string& file : external_->function_files()) files.push_back(std::move(file));
        }
        local::Isolation isolation = local::probe_isolation(std::move(files));
        containment_lacks_ = local::describe_lacks(local::kernel_features());
        if (!containment_lacks_.empty() && !isolation.lacks.empty()) containment_lacks_ += "; ";
        containment_lacks_ += isolation.lacks;
        if (!containment_lacks_.empty()) {
            log_.warn("functions are not contained as they would be on another kernel",
                      {{"lacks", containment_lacks_}});
        }
        return isolation;
    }

    // The functions can look up no name and are let out to one port: they reach the other store
    // through this server. Those with a network of their own have a relay each, in there.
    Result<void> start_relay() {
        net::Listener listener = TRY(net::bind_listener("127.0.0.1", 0));
        relay_ = TRY(net::make_relay(std::move(listener),
                                     {.to = external_->endpoint(), .connections_max = 512}, log_));
        return {};
    }

    Result<void> start_pool() {
        local::Isolation isolation = find_isolation();
        if (external_ && !isolation.network) TRY(start_relay());
        const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
        local::FunctionConfig processor = function(kProcessor, "processor");
        TRY(apply_queue_settings(environment_, processor));
        processor.instances_max =
            options_.instances_max > 0 ? options_.instances_max : static_cast<int>(cores);
        processor.on_failure = kApi;
        size_for_limits(settings_, processor);
        local::FunctionConfig api = function(kApi, "api");
        TRY(apply_queue_settings(environment_, api));
        api.instances_max = kApiInstancesMax;
        api.queue_instances_max = 1;  // Failures are told one at a time; the others answer callers.
        functions_ = {std::move(processor), std::move(api)};
        std::vector<local::FunctionConfig> all = functions_;
        if (telling_) all.push_back(telling_->webhook().function());
        std::optional<net::RelayOptions> inner_relay;
        if (external_) inner_relay = net::RelayOptions{.to = external_->endpoint()};
        pool_ = TRY(local::make_pool(
            {.bootstrap = options_.bootstrap,
             .region = region(),
             .functions = std::move(all),
             .isolation = std::move(isolation),
             .inner_s3 = s3_handler_,
             .s3_relay = std::move(inner_relay),
             .on_finished = [this](const auto& finished) { activity_.add(finished); }},
            store_->events(), *logs_, clock_, log_));
        return {};
    }

    std::string public_s3_url() const {
        return options_.public_s3_url.empty() ? s3_url() : options_.public_s3_url;
    }

    json::object health_of_parts() const {
        json::object parts = describe_health(telling_.get());
        if (!external_) return parts;
        const std::string trouble = external_->trouble();
        json::object store{{"url", external_->url()}, {"trouble", nullptr}};
        if (!trouble.empty()) store["trouble"] = trouble;
        parts["store"] = std::move(store);
        return parts;
    }

    Result<void> start_gateway(net::Listener listener) {
        local::GatewayOptions options{.function = kApi, .hosts = TRY(hosts(options_.public_url))};
        options.invoke.region = region();
        // Lambda's API is the operator's: the root key alone opens it.
        options.invoke.find_key = [this](std::string_view access_key) {
            const bool is_root = access_key == keys_->root().access_key;
            return is_root ? std::optional(keys_->root()) : std::nullopt;
        };
        options.operators.token = TRY(load_operator_token(options_.data));
        options.operators.reprocess = [this](const std::string& prefix, const std::string& after) {
            const RequeueQuery query{.bucket = settings_.source_bucket,
                                     .function = kProcessor,
                                     .prefix = prefix,
                                     .after = after};
            if (!external_) return requeue_page(*store_, query, clock_.now());
            return requeue_page(external_->objects(), store_->events(), query, clock_.now());
        };
        if (external_) {
            options.store_events = {.token = events_token_, .notifications = notifications()};
        }
        options.s3_requests = [this] { return s3_requests_.list(); };
        options.counters = [this] { return count_messages(telling_.get()); };
        options.parts = [this] { return health_of_parts(); };
        options.is_behind_proxy = !options_.public_url.empty();
        options.containment_lacks = containment_lacks_;
        for (const EmbeddedFile& file : kEmbeddedFiles) {
            options.files[std::string(file.path)] = {content_type_of(file.path), file.bytes};
        }
        options.files["/"] = options.files["/index.html"];
        TRY(add_console(options));
        options.upload_bytes_max = settings_.upload_bytes_max;
        options.page_connect_sources = public_s3_url();
        options.config_json =
            json::serialize(json::object{{"api", ""},
                                         {"upload_bytes_max", settings_.upload_bytes_max},
                                         {"token_required", !settings_.upload_token.empty()},
                                         {"source_bytes_max", settings_.limits.bytes_max},
                                         {"s3_url", public_s3_url()},
                                         {"source_bucket", settings_.source_bucket},
                                         {"version", IMAGEMILL_VERSION}});
        gateway_ = TRY(net::make_server(
            std::move(listener), {.name = "imagemill"},
            local::make_gateway(std::move(options), *pool_, store_->events(), clock_, log_), log_));
        return {};
    }

    Result<void> add_console(local::GatewayOptions& options) {
        local::ConsoleAccessOptions access{.cookie =
                                               "imagemill-console-" + std::to_string(page_port_)};
        if (!options_.public_url.empty()) {
            const net::Endpoint endpoint = TRY(net::parse_endpoint(options_.public_url));
            access.public_origin = endpoint.scheme + "://" + net::host_header(endpoint);
        }
        console_access_ = std::make_unique<local::ConsoleAccess>(std::move(access), clock_);
        options.operators.console_link = [this] { return console_url(); };
        local::ConsoleOptions& console = options.console;
        console.access = console_access_.get();
        console.feed = {.activity = &activity_,
                        .s3_requests = options.s3_requests,
                        .stopping = stopping_.get_token()};
        // Its pages are shown by the console alone.
        console.page = options.files.extract("/console/index.html").mapped().bytes;
        console.login_page = options.files.extract("/console/login.html").mapped().bytes;
        console.logs_dir = options_.data + "/logs";
        console.open_original = [this](const std::string& key) {
            if (external_) {
                return external_->fetch({settings_.source_bucket, key}, local::kOriginalBytesMax);
            }
            return store_->open(settings_.source_bucket, key);
        };
        console.settings = [this] {
            const std::lock_guard lock(environment_mutex_);
            const auto recipes = environment_.find("IMAGEMILL_RECIPES");
            json::object document = describe_settings(
                settings_, recipes == environment_.end() ? "" : recipes->second, functions_,
                telling_ ? &telling_->settings() : nullptr, external_ ? external_->url() : "");
            document["version"] = IMAGEMILL_VERSION;
            document["lacks"] =
                containment_lacks_.empty() ? json::value(nullptr) : json::value(containment_lacks_);
            return document;
        };
        return {};
    }

    const CloudOptions options_;
    const Clock& clock_;
    const Log& log_;
    // What changes it is one thread; others read it, and tell the functions of another key.
    std::mutex environment_mutex_;
    std::map<std::string, std::string> environment_;
    functions::Settings settings_;
    int page_port_ = 0;
    int s3_port_ = 0;
    S3RequestCounter s3_requests_;
    std::unique_ptr<ExternalStore> external_;  // Nothing where the store is our own.
    std::string events_token_;                 // Of that.
    std::unique_ptr<local::DiskStore> store_;
    std::unique_ptr<local::KeyFile> key_file_;
    std::unique_ptr<local::Keys> keys_;
    std::unique_ptr<local::Logs> logs_;
    http::Handler s3_handler_;
    std::string containment_lacks_;
    std::vector<local::FunctionConfig> functions_;
    local::Activity activity_{failed_keys};
    std::unique_ptr<Telling> telling_;  // Nobody where nobody is to be told.
    std::stop_source stopping_;
    std::unique_ptr<local::ConsoleAccess> console_access_;
    std::unique_ptr<net::Relay> relay_;
    std::unique_ptr<local::FunctionPool> pool_;
    std::unique_ptr<net::Server> s3_;
    std::unique_ptr<net::Server> gateway_;
    ServerFile server_file_;
};

}  // namespace

Result<std::unique_ptr<Cloud>> start_cloud(const CloudOptions& options, const Clock& clock,
                                           const Log& log) {
    auto cloud = std::make_unique<OneMachine>(options, clock, log);
    TRY(cloud->start());
    return std::unique_ptr<Cloud>(std::move(cloud));
}

}  // namespace imagemill
