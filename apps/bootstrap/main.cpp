// bootstrap: the executable that AWS Lambda (and `imagemill serve`) runs. _HANDLER says which
// function it is. Nothing here decides anything: it wires the environment to the function and
// loops.
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "aws/credential_sources.h"
#include "aws/failure_record.h"
#include "aws/proxy_event.h"
#include "aws/runtime.h"
#include "aws/s3_event.h"
#include "aws/s3_store.h"
#include "aws/trace_id.h"
#include "base/clock.h"
#include "base/encodings.h"
#include "base/heap.h"
#include "base/json.h"
#include "base/log.h"
#include "functions/api.h"
#include "functions/processor.h"
#include "functions/settings.h"
#include "image/image.h"
#include "local/containment/containment.h"
#include "metrics.h"
#include "net/client.h"

namespace imagemill {
namespace {

// What is left of an invocation when S3 has had its time: enough to say that it failed.
constexpr Milliseconds kReportTime{300};

std::optional<std::string> environment(std::string_view name) {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
}

Result<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) return Error{Code::unavailable, "The file " + path + " cannot be read."};
    return text.str();
}

// Lambda names a level where it filters lines itself; one it may invent some day filters nothing.
Level log_level() {
    return level_named(environment("AWS_LAMBDA_LOG_LEVEL").value_or("")).value_or(Level::info);
}

// What every invocation of a process shares.
struct Function {
    const Clock& clock = system_clock();
    Log log{clock, log_level(), fd_sink(STDERR_FILENO)};
    std::unique_ptr<net::Client> client = net::make_client({});
    std::string name = environment("AWS_LAMBDA_FUNCTION_NAME").value_or("unnamed");
    functions::Settings settings;
    bool has_metrics = false;
    std::unique_ptr<store::ObjectStore> store;
    // Of the invocation at work.
    std::string trace_id;  // Its calls of the store carry it on.
    Time deadline = Time::max();
    int retries = 0;  // Of its calls of the store.
};

Result<bool> wants_metrics() {
    const std::string value = environment("IMAGEMILL_METRICS").value_or("none");
    if (value == "none" || value == "cloudwatch") return value == "cloudwatch";
    return Error{Code::invalid_argument, "IMAGEMILL_METRICS is \"" + printable(value, 64) +
                                             "\"; expected \"none\" or \"cloudwatch\"."};
}

// Where `imagemill serve` hands bytes on to the store, nobody here can look its name up; and what
// checks its certificate is read while files can be.
Result<void> reach_store(Function& function, const std::string& url) {
    if (url.empty() || !environment("IMAGEMILL_CONTAINED")) return {};
    const net::Endpoint endpoint = TRY(net::parse_endpoint(url));
    if (const auto relay = environment("IMAGEMILL_S3_RELAY")) {
        const net::Endpoint peer = TRY(net::parse_endpoint("http://" + *relay));
        function.client = net::make_client({.relays = {{endpoint, peer}}});
    }
    return function.client->prepare(endpoint);
}

Result<void> initialise(Function& function) {
    function.settings = TRY(functions::parse_settings(environment, read_file));
    function.has_metrics = TRY(wants_metrics());
    aws::S3StoreOptions options = TRY(aws::s3_options_from_environment(environment));
    TRY(reach_store(function, options.endpoint));
    auto credentials =
        TRY(aws::find_credentials(environment, read_file, *function.client, function.clock));
    options.public_endpoint = environment("IMAGEMILL_PUBLIC_S3_URL").value_or("");
    options.trace_id = [&function] { return function.trace_id; };
    options.deadline = [&function] { return function.deadline; };
    options.retried = [&function](const Error& error) {
        ++function.retries;
        function.log.warn("S3 is asked again", {{"why", error.message}});
    };
    function.store =
        TRY(aws::make_s3_store(options, std::move(credentials), *function.client, function.clock));
    return {};
}

functions::ProcessorContext processor_context(Function& function,
                                              const aws::Invocation& invocation) {
    return {.store = *function.store,
            .settings = function.settings,
            .clock = function.clock,
            .log = function.log,
            .request_id = invocation.request_id,
            .trace_id = std::string(aws::trace_root(invocation.trace_id)),
            .deadline = invocation.deadline};
}

// Every record is looked at, whatever became of those before it; the first error is reported, so
// that the event comes again.
Result<std::string> run_processor(Function& function, const aws::Invocation& invocation) {
    const auto events = TRY(aws::parse_s3_event(as_text(invocation.payload)));
    std::optional<Error> first_error;
    json::array reports;
    for (const store::ObjectEvent& event : events) {
        function.retries = 0;
        auto report = functions::process(event, processor_context(function, invocation));
        if (function.has_metrics) {
            function.log.figures("metrics", picture_metrics(function.name, report, function.retries,
                                                            function.clock.now()));
        }
        if (report) {
            reports.push_back(json::object{{"key", report->key},
                                           {"outcome", functions::name_of(report->outcome)}});
        } else {
            function.log.error(report.error().message, {{"bucket", event.bucket},
                                                        {"key", event.key},
                                                        {"code", name_of(report.error().code)}});
            if (!first_error) first_error = report.error();
        }
    }
    if (first_error) return *first_error;
    return json::serialize(json::object{{"records", std::move(reports)}});
}

// For the person who sent the picture: what every attempt ended in.
std::string reason_of(const aws::FailureRecord& record) {
    std::string message = "no reason was given";
    if (const auto payload = parse_json(record.response_payload)) {
        const json::object* object = payload->if_object();
        const json::value* text = object ? object->if_contains("errorMessage") : nullptr;
        if (text && text->is_string()) message = text->as_string();
    }
    return "Processing was tried " + std::to_string(record.invoke_count) +
           " times and did not come to an end: " + message;
}

Result<std::string> run_failure_record(Function& function, const aws::Invocation& invocation,
                                       const json::value& payload) {
    const aws::FailureRecord record = TRY(aws::parse_failure_record(payload));
    const auto events = TRY(aws::parse_s3_event(record.request_payload));
    for (const store::ObjectEvent& event : events) {
        TRY(functions::record_failure(event, reason_of(record),
                                      processor_context(function, invocation)));
    }
    return std::string("{}");
}

Result<std::string> run_api(Function& function, const aws::Invocation& invocation) {
    const json::value payload = TRY(parse_json(as_text(invocation.payload)));
    if (aws::is_failure_record(payload)) return run_failure_record(function, invocation, payload);
    aws::ProxyRequest proxy = TRY(aws::parse_proxy_event(payload));
    const functions::ApiContext context{.store = *function.store,
                                        .settings = function.settings,
                                        .clock = function.clock,
                                        .log = function.log};
    const http::Response response = functions::handle(proxy.request, context);
    return aws::format_proxy_response(response, proxy.version);
}

// What a render may still read: libvips is loaded when the first picture needs it, fonts when a
// drawing has text.
std::vector<std::string> engine_paths() {
    std::vector<std::string> paths = image::engine_files("");
    for (auto& more : {local::library_paths(), local::font_paths()}) {
        paths.insert(paths.end(), more.begin(), more.end());
    }
    return paths;
}

// On AWS the machine is the wall. Here `imagemill serve` asks for this one.
Result<void> contain_self(const std::string& api, const std::string& handler) {
    if (!environment("IMAGEMILL_CONTAINED")) return {};
    local::ContainmentOptions options;
    if (handler == "processor") options.readable = engine_paths();
    options.ports.push_back(TRY(net::parse_endpoint("http://" + api)).port);
    if (const auto relay = environment("IMAGEMILL_S3_RELAY")) {
        options.ports.push_back(TRY(net::parse_endpoint("http://" + *relay)).port);
        return local::contain(options);
    }
    for (const char* name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
        const auto url = environment(name);
        if (url) options.ports.push_back(TRY(net::parse_endpoint(*url)).port);
    }
    return local::contain(options);
}

int run() {
    const auto api = environment("AWS_LAMBDA_RUNTIME_API");
    const std::string handler = environment("_HANDLER").value_or("");
    Function function;
    if (!api) {
        function.log.error(
            "AWS_LAMBDA_RUNTIME_API is not set: bootstrap is started by AWS Lambda or by "
            "`imagemill serve`, not by hand.");
        return EXIT_FAILURE;
    }
    const aws::RuntimeOptions options{.api = *api};
    auto ready = initialise(function);
    if (ready && handler != "api" && handler != "processor") {
        ready = Error{Code::invalid_argument,
                      "_HANDLER is \"" + handler + "\"; expected \"api\" or \"processor\"."};
    }
    if (ready) ready = contain_self(*api, handler);
    if (!ready) {
        function.log.error(ready.error().message);
        (void)aws::report_init_error(*function.client, options, ready.error());
        return EXIT_FAILURE;
    }
    const auto handle = [&](const aws::Invocation& invocation) {
        function.trace_id = invocation.trace_id;
        function.deadline = invocation.deadline - kReportTime;
        return handler == "api" ? run_api(function, invocation)
                                : run_processor(function, invocation);
    };
    const auto ended = aws::run_runtime(*function.client, options, handle, function.log);
    // The Runtime API is gone: whoever started this process ended, so does this.
    return ended ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace imagemill

int main() {
    imagemill::prepare_heap();
    return imagemill::run();
}
