// serve: the whole cloud on one machine.
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "cloud.h"
#include "commands.h"

extern char** environ;

namespace imagemill {
namespace {

constexpr const char* kExample = R"(Example:
  imagemill serve --data ./data
  imagemill serve --host 0.0.0.0 --public-url https://images.example.org \
                  --public-s3-url https://s3.example.org

Every limit is an environment variable (docs/settings.md): IMAGEMILL_MAX_PIXELS=40000000 …)";

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

void greet(const Cloud& cloud, const CloudOptions& options) {
    std::cerr << "imagemill: the page   " << cloud.url() << "/\n"
              << "imagemill: the API    curl -F file=@photo.jpg " << cloud.url() << "/upload\n"
              << "imagemill: S3         AWS_SHARED_CREDENTIALS_FILE="
              << std::filesystem::absolute(options.data).lexically_normal().string()
              << "/credentials aws --endpoint-url " << cloud.s3_url()
              << " s3 cp photo.jpg s3://image-upload-source-bucket/\n";
    if (cloud.uploads_are_open()) {
        std::cerr << "imagemill: WARNING    anyone who reaches this port may upload; set "
                     "IMAGEMILL_UPLOAD_TOKEN\n";
    }
    std::cout << "ready " << cloud.url() << " s3 " << cloud.s3_url() << std::endl;
}

int serve(const CloudOptions& options) {
    // Blocked before any thread is made, so that all inherit it and only this one is told.
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    const Log log(system_clock(), Level::info, fd_sink(STDERR_FILENO));
    auto cloud = start_cloud(options, system_clock(), log);
    if (!cloud) {
        std::cerr << "imagemill: " << cloud.error().message << "\n";
        return 1;
    }
    greet(**cloud, options);
    int signal = 0;
    sigwait(&signals, &signal);
    log.info("stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
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
    command->add_option("--s3-port", options->s3_port, "Of the S3 service; 0 picks a free one")
        ->check(CLI::Range(0, 65535))
        ->capture_default_str();
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
        options->bootstrap = beside_this_program("bootstrap");
        run = [options] { return serve(*options); };
    });
}

}  // namespace imagemill
