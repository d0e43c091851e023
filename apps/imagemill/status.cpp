// status: what is known of pictures that were uploaded.
#include <iostream>
#include <memory>
#include <vector>

#include "api_client.h"
#include "commands.h"

namespace imagemill {
namespace {

struct StatusOptions {
    ApiOptions api;
    std::vector<std::string> names;
    int wait_seconds = 0;
    bool json = false;
};

int status(const StatusOptions& options) {
    auto api = ApiClient::make(options.api);
    if (!api) {
        std::cerr << "imagemill: " << api.error().message << "\n";
        return 1;
    }
    int not_ready = 0;
    for (const std::string& name : options.names) {
        const auto answer = api->image(name, options.wait_seconds);
        if (!answer) {
            std::cerr << "imagemill: " << answer.error().message << "\n";
            return 1;
        }
        if (answer->status != 200) ++not_ready;
        if (options.json) {
            std::cout << json::serialize(answer->body) << "\n";
        } else if (answer->status == 200) {
            std::cout << name << "  ready  " << answer->body.at("renditions").as_array().size()
                      << " rendition(s)  " << api->address("/image/" + name) << "\n";
        } else if (answer->status == 202) {
            std::cout << name << "  processing\n";
        } else {
            std::cout << name << "  " << (answer->status == 404 ? "unknown" : "failed") << "  "
                      << problem_of(answer->body) << "\n";
        }
    }
    return not_ready == 0 ? 0 : 1;
}

}  // namespace

void add_status(CLI::App& app, Run& run) {
    auto options = std::make_shared<StatusOptions>();
    CLI::App* command = app.add_subcommand(
        "status", "Tells the state of pictures; the exit status is 0 when all are ready.");
    command->add_option("NAME", options->names, "Their names, as the upload gave them")->required();
    command->add_option("--wait", options->wait_seconds, "Seconds to wait for a final state")
        ->check(CLI::Range(0, 20))
        ->capture_default_str();
    command->add_flag("--json", options->json, "The API's whole answer, a line each");
    add_api_options(*command, options->api);
    command->footer("Example:\n  imagemill status --wait 20 photo.jpg");
    command->callback([options, &run] { run = [options] { return status(*options); }; });
}

}  // namespace imagemill
