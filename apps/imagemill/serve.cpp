// serve: the whole cloud on one machine.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/fd.h"
#include "base/heap.h"
#include "cloud.h"
#include "commands.h"
#include "function_environment.h"

extern char** environ;

namespace imagemill {
namespace {

constexpr const char* kExample = R"(Example:
  imagemill serve --data ./data
  imagemill serve --host 0.0.0.0 --public-url https://images.example.org \
                  --public-s3-url https://s3.example.org
  AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… imagemill serve --s3-endpoint http://ceph.local:7480

Every limit is an environment variable (docs/settings.md): IMAGEMILL_MAX_PIXELS=40000000 …
Another server is told of every picture where IMAGEMILL_WEBHOOK_URL names it (docs/webhooks.md).)";

std::map<std::string, std::string> imagemill_variables() {
    std::map<std::string, std::string> variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string text = *variable;
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || text.rfind("IMAGEMILL_", 0) != 0) continue;
        variables[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return variables;
}

std::string beside_this_program(const char* name) {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    return (self.parent_path() / name).string();
}

std::string store_lines(const Cloud& cloud, const CloudOptions& options) {
    if (!options.s3_endpoint.empty()) {
        return "imagemill: the store  " + cloud.s3_url() + "\nimagemill: its events POST " +
               cloud.events_url() + "\n";
    }
    return "imagemill: S3         AWS_SHARED_CREDENTIALS_FILE=" +
           std::filesystem::absolute(options.data).lexically_normal().string() +
           "/credentials aws --endpoint-url " + cloud.s3_url() +
           " s3 cp photo.jpg s3://image-upload-source-bucket/\n";
}

void greet(const Cloud& cloud, const CloudOptions& options) {
    std::cerr << "imagemill: the page   " << cloud.url() << "/\n"
              << "imagemill: the API    curl -F file=@photo.jpg " << cloud.url() << "/upload\n"
              << store_lines(cloud, options) << "imagemill: the console " << cloud.console_url()
              << " (once; imagemill console prints another)\n";
    if (cloud.uploads_are_open()) {
        std::cerr << "imagemill: WARNING    anyone who reaches this port may upload; set "
                     "IMAGEMILL_UPLOAD_TOKEN\n";
    }
    std::cout << "ready " << cloud.url() << " s3 " << cloud.s3_url() << std::endl;
}

// Tells whether a file is another one than at the last look. An editor may write it in place or put
// a new one in its place.
class FileWatch {
  public:
    explicit FileWatch(std::string path) : path_(std::move(path)), seen_(look()) {}

    bool has_changed() {
        const Stamp seen = std::exchange(seen_, look());
        return seen != seen_;
    }

  private:
    using Stamp = std::array<std::int64_t, 4>;

    Stamp look() const {
        struct stat status = {};
        if (::stat(path_.c_str(), &status) != 0) return {};
        return {static_cast<std::int64_t>(status.st_ino), status.st_size, status.st_mtim.tv_sec,
                status.st_mtim.tv_nsec};
    }

    std::string path_;
    Stamp seen_;
};

bool has_terminal() {
    return bool(Fd(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)));
}

void reload(Cloud& cloud, const std::string& path, const Log& log) {
    if (path.empty()) {
        log.info("there is no recipes file to read again");
        return;
    }
    const auto changed = cloud.reload_recipes();
    if (!changed) {
        log.error("the recipes stay as they are: " + changed.error().message, {{"file", path}});
    } else {
        log.info(*changed ? "the recipes have changed" : "the recipes are the same",
                 {{"file", path}});
    }
}

// What ended the wait: a request to stop, or a terminal that is gone. Any other SIGHUP, or another
// recipes file, is a reason to read that.
int wait_for_end(const sigset_t& signals, const CloudOptions& options, Cloud& cloud,
                 const Log& log) {
    constexpr timespec kLook{.tv_sec = 2, .tv_nsec = 0};
    const std::string path = recipes_path(options);
    const bool had_terminal = has_terminal();
    FileWatch watch(path);
    for (;;) {
        const int signal =
            path.empty() ? sigwaitinfo(&signals, nullptr) : sigtimedwait(&signals, nullptr, &kLook);
        if (signal == SIGINT || signal == SIGTERM) return signal;
        if (signal == SIGHUP && had_terminal && !has_terminal()) return signal;
        const bool changed = watch.has_changed();
        if (signal == SIGHUP || changed) reload(cloud, path, log);
    }
}

int serve(const CloudOptions& options) {
    prepare_heaps_of_threads();
    // Blocked before any thread is made, so that all inherit it and only this one is told.
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    const Log log(system_clock(), Level::info, fd_sink(STDERR_FILENO));
    auto cloud = start_cloud(options, system_clock(), log);
    if (!cloud) {
        std::cerr << "imagemill: " << cloud.error().message << "\n";
        return 1;
    }
    greet(**cloud, options);
    const int signal = wait_for_end(signals, options, **cloud, log);
    log.info("stopping", {{"signal", std::string("SIG") + ::sigabbrev_np(signal)}});
    // A second signal ends it at once: what was acknowledged is on disk.
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    return 0;
}

}  // namespace

void add_serve(CLI::App& app, Run& run) {
    auto options = std::make_shared<CloudOptions>();
    CLI::App* command = app.add_subcommand("serve",
                                           "Runs everything: the page, the API, the S3 store, the "
                                           "functions.");
    command->add_option("--host", options->host, "The address to listen on")->capture_default_str();
    command->add_option("--port", options->port, "Of the page and the API; 0 picks a free one")
        ->check(CLI::Range(0, 65535))
        ->capture_default_str();
    CLI::Option* const s3_port =
        command->add_option("--s3-port", options->s3_port, "Of the S3 service; 0 picks a free one")
            ->check(CLI::Range(0, 65535))
            ->capture_default_str();
    command
        ->add_option("--s3-endpoint", options->s3_endpoint,
                     "Another S3 store that has the pictures (docs/stores.md), in place of the S3 "
                     "service; its key is AWS_ACCESS_KEY_ID's or the AWS profile's")
        ->excludes(s3_port);
    command->add_option("--data", options->data, "Where everything is kept; made if missing")
        ->capture_default_str();
    command->add_option("--recipes", options->recipes, "A recipes file (docs/recipes.md)");
    command
        ->add_option("--max-instances", options->instances_max,
                     "Processor instances at once; 0: as many as cores")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command->add_option("--public-url", options->public_url,
                        "What clients call this server, when behind a proxy");
    command->add_option("--public-s3-url", options->public_s3_url,
                        "What clients call the S3 service; pre-signed URLs are made for it");
    command->add_flag("--aws-limits", options->aws_limits, "The limits that AWS would set");
    command->footer(kExample);
    command->callback([options, &run] {
        options->environment = imagemill_variables();
        options->aws_environment = [](std::string_view name) -> std::optional<std::string> {
            const char* const value = std::getenv(std::string(name).c_str());
            if (value == nullptr || *value == '\0') return std::nullopt;
            return value;
        };
        options->bootstrap = beside_this_program("bootstrap");
        run = [options] { return serve(*options); };
    });
}

}  // namespace imagemill
