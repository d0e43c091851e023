// logs: prints what the functions wrote, oldest first, and what they write from now on.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include "commands.h"

namespace imagemill {
namespace {

struct LogsOptions {
    std::string data = "./data";
    std::string function;
    bool follow = false;
};

// One log file being read; notices when the writer turned it over.
class Tail final {
  public:
    explicit Tail(std::filesystem::path path) : path_(std::move(path)) {}

    const std::filesystem::path& path() const { return path_; }

    void print_new(bool with_name) {
        std::error_code error;
        const auto size = std::filesystem::file_size(path_, error);
        if (error || size == offset_) return;
        if (size < offset_) {
            // What was written before the file was turned over is in the older one now.
            print_from(path_.string() + ".1", with_name);
            offset_ = 0;
        }
        print_from(path_, with_name);
        std::cout.flush();
    }

  private:
    void print_from(const std::filesystem::path& path, bool with_name) {
        std::ifstream file(path, std::ios::binary);
        file.seekg(static_cast<std::streamoff>(offset_));
        for (std::string line; std::getline(file, line);) {
            if (file.eof()) break;  // The line is not finished yet.
            offset_ += line.size() + 1;
            if (with_name) std::cout << path_.stem().string() << ": ";
            std::cout << line << "\n";
        }
    }

    std::filesystem::path path_;
    std::uintmax_t offset_ = 0;
};

std::vector<std::filesystem::path> files(const LogsOptions& options, const char* extension) {
    std::vector<std::filesystem::path> paths;
    std::error_code error;
    const std::filesystem::path dir = std::filesystem::path(options.data) / "logs";
    for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
        const bool is_log = entry.path().string().ends_with(extension);
        const std::string name = entry.path().filename().string();
        const bool is_asked =
            options.function.empty() || name.find(options.function) != std::string::npos;
        if (is_log && is_asked) paths.push_back(entry.path());
    }
    return paths;
}

int logs(const LogsOptions& options) {
    std::vector<Tail> tails;
    const auto current = files(options, ".log");
    const bool with_name = current.size() > 1;
    if (current.empty() && !options.follow) {
        std::cerr << "imagemill: no logs in " << options.data << "/logs"
                  << (options.function.empty() ? "" : " for " + options.function) << "\n";
        return 1;
    }
    for (const auto& path : files(options, ".log.1")) Tail(path).print_new(with_name);
    for (const auto& path : current) tails.emplace_back(path);
    for (Tail& tail : tails) tail.print_new(with_name);
    while (options.follow) {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        // A function that runs for the first time has a file from then on.
        for (const auto& path : files(options, ".log")) {
            const bool is_known = std::ranges::find(tails, path, &Tail::path) != tails.end();
            if (!is_known) tails.emplace_back(path);
        }
        for (Tail& tail : tails) tail.print_new(tails.size() > 1);
    }
    return 0;
}

}  // namespace

void add_logs(CLI::App& app, Run& run) {
    auto options = std::make_shared<LogsOptions>();
    CLI::App* command = app.add_subcommand("logs", "Prints what the functions wrote.");
    command->add_option("--data", options->data, "The data directory")->capture_default_str();
    command->add_option("--function", options->function,
                        "Only functions whose name holds this, such as \"processor\"");
    command->add_flag("-f,--follow", options->follow, "Goes on as lines come");
    command->footer("Example:\n  imagemill logs --follow --function processor");
    command->callback([options, &run] { run = [options] { return logs(*options); }; });
}

}  // namespace imagemill
