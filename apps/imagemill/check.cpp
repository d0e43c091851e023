// check: verifies a data directory, every byte of it.
#include <iostream>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "commands.h"
#include "local/storage/disk_store.h"
#include "progress.h"

namespace imagemill {
namespace {

int check(const std::string& data) {
    const Log log(system_clock(), Level::warn, fd_sink(STDERR_FILENO));
    auto store = local::open_disk_store({.dir = data, .notifications = {}}, system_clock(), log);
    if (!store) {
        std::cerr << "imagemill: " << store.error().message << "\n";
        return 1;
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
    if (!findings) {
        std::cerr << "imagemill: " << findings.error().message << "\n";
        return 1;
    }
    for (const local::Finding& finding : *findings) std::cout << finding.what << "\n";
    std::cout << objects << " objects checked, " << findings->size()
              << (findings->size() == 1 ? " finding\n" : " findings\n");
    return findings->empty() ? 0 : 1;
}

}  // namespace

void add_check(CLI::App& app, Run& run) {
    auto data = std::make_shared<std::string>("./data");
    CLI::App* command = app.add_subcommand(
        "check", "Verifies a data directory: every object's bytes against their checksum.");
    command->add_option("--data", *data, "The directory; no server may have it open")
        ->check(CLI::ExistingDirectory)
        ->capture_default_str();
    command->footer("Example:\n  imagemill check --data ./data");
    command->callback([data, &run] { run = [data] { return check(*data); }; });
}

}  // namespace imagemill
