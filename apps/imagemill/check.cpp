// check: verifies a data directory, every byte of it, and mends what can be mended.
#include <iostream>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "commands.h"
#include "local/storage/disk_store.h"
#include "local/storage/repair.h"
#include "progress.h"

namespace imagemill {
namespace {

struct Options {
    std::string data = "./data";
    bool is_repairing = false;
};

int fail(const Error& error) {
    std::cerr << "imagemill: " << error.message << "\n";
    return 1;
}

int check(const Options& options) {
    const Log log(system_clock(), Level::warn, fd_sink(STDERR_FILENO));
    auto store =
        local::open_disk_store({.dir = options.data, .notifications = {}}, system_clock(), log);
    if (!store) return fail(store.error());
    if (options.is_repairing) {
        const auto repaired = local::set_strays_aside(options.data);
        if (!repaired) return fail(repaired.error());
        for (const std::string& done : *repaired) std::cout << done << "\n";
    }
    Result<std::vector<local::Finding>> findings = std::vector<local::Finding>();
    std::int64_t objects = 0;
    {
        Progress progress("checking");
        findings = (*store)->check([&](std::int64_t done, std::int64_t total) {
            ++objects;  // It is told after each.
            progress.show(done, total, format_bytes(done) + " of " + format_bytes(total));
        });
    }
    if (!findings) return fail(findings.error());
    for (const local::Finding& finding : *findings) std::cout << finding.what << "\n";
    std::cout << objects << " objects checked, " << findings->size()
              << (findings->size() == 1 ? " finding\n" : " findings\n");
    return findings->empty() ? 0 : 1;
}

}  // namespace

void add_check(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "check", "Verifies a data directory: every object's bytes against their checksum.");
    command->add_option("--data", options->data, "The directory; no server may have it open")
        ->check(CLI::ExistingDirectory)
        ->capture_default_str();
    command->add_flag("--repair", options->is_repairing,
                      "Before that, moves files that belong to no object from objects/ into "
                      "lost+found/; nothing else, and nothing is removed");
    command->footer("Example:\n  imagemill check --data ./data");
    command->callback([options, &run] { run = [options] { return check(*options); }; });
}

}  // namespace imagemill
