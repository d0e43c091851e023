// events: what waits for the functions, and what they could not do: to be seen, tried again or
// deleted.
#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/encodings.h"
#include "commands.h"
#include "operator_client.h"

namespace imagemill {
namespace {

constexpr int kPage = 1'000;

struct ListOptions {
    std::string data = "./data";
    std::string function;
    std::string state = "dead";
    int limit = 100;
    bool json = false;
};

struct ChangeOptions {
    std::string data = "./data";
    std::vector<std::int64_t> ids;
    std::string function;
    bool all = false;
    bool yes = false;
};

int fail(const Error& error) {
    std::cerr << "imagemill: " << printable(error.message) << "\n";
    return 1;
}

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains(name);
    return value && value->is_string() ? std::string(value->as_string()) : "";
}

void print(const json::object& event) {
    std::cout << event.at("id").as_int64() << "  " << text_of(event, "state") << "  "
              << printable(text_of(event, "function")) << "  " << printable(text_of(event, "key"))
              << "  attempts " << event.at("attempts").as_int64() << "  queued "
              << text_of(event, "queued");
    if (const std::string condition = text_of(event, "condition"); !condition.empty()) {
        std::cout << "  " << condition;
    }
    const json::value* const error = event.if_contains("error");
    if (error && error->is_object()) {
        std::cout << "  " << printable(text_of(error->as_object(), "errorMessage"));
    }
    std::cout << "\n";
}

int list(const ListOptions& options) {
    auto client = OperatorClient::make(options.data);
    if (!client) return fail(client.error());
    std::string after = "0";
    for (int left = options.limit; left > 0;) {
        std::string call = "events?state=" + options.state + "&after=" + after +
                           "&limit=" + std::to_string(std::min(left, kPage));
        if (!options.function.empty()) {
            call += "&function=" + percent_encode(options.function, Slash::encode);
        }
        const auto page = client->get(call);
        if (!page) return fail(page.error());
        const json::array& events = page->at("events").as_array();
        for (const json::value& event : events) {
            if (options.json) {
                std::cout << json::serialize(event) << "\n";
            } else {
                print(event.as_object());
            }
        }
        left -= static_cast<int>(events.size());
        if (page->at("next").is_null()) return 0;
        after = std::to_string(page->at("next").as_int64());
    }
    std::cerr << "imagemill: there are more; --limit shows them\n";
    return 0;
}

// True where the person says so; what is no terminal is asked nothing and must have said --yes.
bool is_confirmed(const ChangeOptions& options, const std::string& what) {
    if (!options.all || options.yes) return true;
    if (::isatty(STDIN_FILENO) == 0) {
        std::cerr << "imagemill: " << what << " needs --yes where nobody can be asked\n";
        return false;
    }
    std::cerr << "imagemill: " << what << "? Type yes: ";
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "yes";
}

int change(const ChangeOptions& options, const std::string& verb, const std::string& question) {
    const int named = int{!options.ids.empty()} + int{!options.function.empty()} + int{options.all};
    if (named != 1) {
        return fail({Code::invalid_argument,
                     "say which: either ids, or --function NAME, or --all; not more than one"});
    }
    if (options.yes && !options.all) {
        return fail({Code::invalid_argument, "--yes belongs to --all"});
    }
    auto client = OperatorClient::make(options.data);
    if (!client) return fail(client.error());
    if (!is_confirmed(options, question)) return 1;
    json::object body;
    if (options.all) body["all"] = true;
    if (!options.function.empty()) body["function"] = options.function;
    if (!options.ids.empty()) body["ids"] = json::array(options.ids.begin(), options.ids.end());
    const auto answer = client->post("events/" + verb, body);
    if (!answer) return fail(answer.error());
    const std::int64_t count = answer->at("count").as_int64();
    std::cout << count << (verb == "redrive" ? " redriven" : " deleted") << "\n";
    // Some of those named were not there, or are at work.
    return options.ids.empty() || count == std::ssize(options.ids) ? 0 : 1;
}

void add_data(CLI::App& command, std::string& data) {
    command.add_option("--data", data, "The data directory of the server")->capture_default_str();
}

void add_list(CLI::App& events, Run& run) {
    auto options = std::make_shared<ListOptions>();
    CLI::App* command = events.add_subcommand("list", "Prints events, the oldest first.");
    command
        ->add_option("--state", options->state, "dead (what could not be done), waiting or running")
        ->check(CLI::IsMember({"dead", "waiting", "running"}))
        ->capture_default_str();
    command->add_option("--function", options->function, "Only this function's");
    command->add_option("--limit", options->limit, "How many at most")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    command->add_flag("--json", options->json, "A JSON object a line");
    add_data(*command, options->data);
    command->footer("Example:\n  imagemill events list --state waiting --limit 20");
    command->callback([options, &run] { run = [options] { return list(*options); }; });
}

struct Verb {
    const char* name;
    const char* help;
    const char* question;
    const char* example;
};

void add_change(CLI::App& events, Run& run, const Verb& verb) {
    auto options = std::make_shared<ChangeOptions>();
    CLI::App* command = events.add_subcommand(verb.name, verb.help);
    command->add_option("ID", options->ids, "The events' ids, as list prints them");
    command->add_option("--function", options->function, "All of this function's");
    command->add_flag("--all", options->all, "All there are; asks first");
    command->add_flag("--yes", options->yes, "With --all: does not ask");
    add_data(*command, options->data);
    command->footer(std::string("Example:\n  ") + verb.example);
    command->callback([options, verb, &run] {
        run = [options, verb] { return change(*options, verb.name, verb.question); };
    });
}

}  // namespace

void add_events(CLI::App& app, Run& run) {
    CLI::App* events = app.add_subcommand(
        "events", "Shows the events of the functions; tries dead letters again, or deletes.");
    events->require_subcommand(1);
    events->footer("Example:\n  imagemill events list\n  imagemill events redrive --all");
    add_list(*events, run);
    add_change(*events, run,
               {"redrive", "Queues dead letters again, with all their attempts before them.",
                "Try every dead letter again", "imagemill events redrive 17 18"});
    add_change(*events, run,
               {"delete", "Deletes events that wait and dead letters; what runs stays.",
                "Delete every event that waits and every dead letter",
                "imagemill events delete --function image-resize-processor"});
}

}  // namespace imagemill
