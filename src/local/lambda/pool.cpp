#include "local/lambda/pool.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "local/lambda/scheduler.h"

namespace imagemill::local {
namespace {

Error bad_config(const FunctionConfig& config, std::string_view what) {
    return {Code::invalid_argument, "function '" + config.name + "': " + std::string(what)};
}

Result<void> check_config(const FunctionConfig& config) {
    if (config.name.empty() || config.name.find('/') != std::string::npos) {
        return bad_config(config, "a name is not empty and has no '/'");
    }
    if (config.instances_max < 1) return bad_config(config, "instances_max must be at least 1");
    if (config.waiting_max < 0) return bad_config(config, "waiting_max must not be negative");
    if (config.queue_instances_max < 0) {
        return bad_config(config, "queue_instances_max must not be negative");
    }
    if (config.retries < 0) return bad_config(config, "retries must not be negative");
    if (config.event_age_max.count() < 1) {
        return bad_config(config, "event_age_max must be at least 1 ms");
    }
    if (config.timeout.count() < 1 || config.init_timeout.count() < 1) {
        return bad_config(config, "timeout and init_timeout must be at least 1 ms");
    }
    return {};
}

Result<void> check_options(const PoolOptions& options) {
    const auto named = [&](const std::string& name) {
        return std::ranges::count(options.functions, name, &FunctionConfig::name);
    };
    for (const FunctionConfig& config : options.functions) {
        TRY(check_config(config));
        if (named(config.name) > 1) return bad_config(config, "there are two of that name");
        if (!config.on_failure.empty() && named(config.on_failure) == 0) {
            return bad_config(
                config, "on_failure names '" + config.on_failure + "', which is no function here");
        }
    }
    if (options.isolation.network && bool(options.inner_s3) == options.s3_relay.has_value()) {
        return Error{
            Code::invalid_argument,
            "instances with a network of their own need either an inner_s3 or an s3_relay"};
    }
    if (::access(options.bootstrap.c_str(), X_OK) != 0) {
        return Error{Code::unavailable, "cannot run the bootstrap executable '" +
                                            options.bootstrap +
                                            "': " + std::generic_category().message(errno)};
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<FunctionPool>> make_pool(const PoolOptions& options, EventQueue& queue,
                                                Logs& logs, const Clock& clock, const Log& log) {
    TRY(check_options(options));
    auto pool = std::make_unique<Scheduler>(options, queue, logs, clock, log);
    TRY(pool->start());
    return std::unique_ptr<FunctionPool>(std::move(pool));
}

}  // namespace imagemill::local
