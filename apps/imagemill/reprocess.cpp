// reprocess: queues pictures that are there already, after a change of the recipes.
#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>

#include "commands.h"
#include "operator_client.h"

namespace imagemill {
namespace {

struct ReprocessOptions {
    std::string prefix;
    std::string data = "./data";
};

int reprocess(const ReprocessOptions& options) {
    auto client = OperatorClient::make(options.data);
    if (!client) {
        std::cerr << "imagemill: " << printable(client.error().message) << "\n";
        return 1;
    }
    const bool shows_progress = ::isatty(STDERR_FILENO) != 0;
    std::int64_t count = 0;
    json::object body{{"prefix", options.prefix}};
    for (;;) {
        const auto page = client->post("reprocess", body);
        if (!page) {
            std::cerr << "imagemill: " << printable(page.error().message) << " (" << count
                      << " were queued before)\n";
            return 1;
        }
        count += page->at("queued").as_int64();
        if (shows_progress) std::cerr << "\r" << count << " queued" << std::flush;
        if (page->at("next").is_null()) break;
        body["after"] = page->at("next");
    }
    if (shows_progress) std::cerr << "\r";
    std::cout << count << " queued\n";
    return 0;
}

}  // namespace

void add_reprocess(CLI::App& app, Run& run) {
    auto options = std::make_shared<ReprocessOptions>();
    CLI::App* command = app.add_subcommand(
        "reprocess",
        "Has pictures processed anew, after whatever else is to be done. One whose renditions are "
        "those of the recipes is left as it is.");
    command
        ->add_option("PREFIX", options->prefix,
                     "What their names begin with; \"\" for all pictures")
        ->required();
    command->add_option("--data", options->data, "The data directory of the server")
        ->capture_default_str();
    command->footer("Example:\n  imagemill reprocess trips/rome/");
    command->callback([options, &run] { run = [options] { return reprocess(*options); }; });
}

}  // namespace imagemill
