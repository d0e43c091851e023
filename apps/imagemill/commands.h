// commands: what `imagemill` can be told. Each adds its subcommand to the parser; `run` is what the
// parser found, set by the one that was named, and returns the exit status.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace imagemill {

using Run = std::function<int()>;

void add_serve(CLI::App& app, Run& run);
void add_process(CLI::App& app, Run& run);
void add_upload(CLI::App& app, Run& run);
void add_status(CLI::App& app, Run& run);
void add_logs(CLI::App& app, Run& run);
void add_check(CLI::App& app, Run& run);
void add_keys(CLI::App& app, Run& run);
void add_console(CLI::App& app, Run& run);
void add_events(CLI::App& app, Run& run);
void add_reprocess(CLI::App& app, Run& run);

}  // namespace imagemill
