// console: prints a link that opens the console of a running server, once.
#include <iostream>
#include <memory>
#include <string>

#include "commands.h"
#include "operator_client.h"

namespace imagemill {
namespace {

struct ConsoleOptions {
    std::string data = "./data";
};

int console(const ConsoleOptions& options) {
    auto client = OperatorClient::make(options.data);
    const auto answer =
        client ? client->post("console", json::object{}) : Result<json::object>(client.error());
    if (!answer) {
        std::cerr << "imagemill: " << printable(answer.error().message) << "\n";
        return 1;
    }
    std::cout << std::string_view(answer->at("url").as_string()) << "\n";
    return 0;
}

}  // namespace

void add_console(CLI::App& app, Run& run) {
    auto options = std::make_shared<ConsoleOptions>();
    CLI::App* command = app.add_subcommand(
        "console",
        "Prints a link to the console of the server that runs on a data directory. It opens once, "
        "within 15 minutes.");
    command->add_option("--data", options->data, "The data directory of the server")
        ->capture_default_str();
    command->footer("Example:\n  imagemill console --data ./data");
    command->callback([options, &run] { run = [options] { return console(*options); }; });
}

}  // namespace imagemill
