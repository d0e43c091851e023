// process: the engine on files, with no server.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>
#include <thread>
#include <vector>

#include "base/heap.h"
#include "base/json.h"
#include "base/random.h"
#include "commands.h"
#include "files.h"
#include "functions/manifest.h"
#include "functions/recipes.h"
#include "functions/settings.h"
#include "image/image.h"
#include "progress.h"
#include "rendition_options.h"

namespace imagemill {
namespace {

namespace fs = std::filesystem;

struct ProcessOptions {
    std::string recipes;
    RenditionOptions rendition;  // Where no recipes are given.
    std::string out = ".";
    bool json = false;
    int jobs = 0;
    std::vector<std::string> files;
};

// Whole or not at all: written beside its place, then renamed.
Result<void> write_file(const fs::path& path, Bytes bytes) {
    errno = 0;
    const fs::path beside = path.string() + "." + random_hex(4) + ".tmp";
    std::ofstream file(beside, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    file.close();
    std::error_code error;
    if (file) fs::rename(beside, path, error);
    if (!file || error) {
        const std::string why =
            error ? error.message() : std::generic_category().message(errno == 0 ? EIO : errno);
        fs::remove(beside, error);
        return Error{Code::unavailable,
                     "The file " + path.string() + " cannot be written: " + why + "."};
    }
    return {};
}

Result<functions::Settings> settings_of(const ProcessOptions& options) {
    const std::string recipes =
        options.recipes.empty() ? recipes_of(options.rendition) : TRY(read_file(options.recipes));
    return functions::parse_settings(
        [&](std::string_view name) -> std::optional<std::string> {
            if (name == "IMAGEMILL_RECIPES") return recipes;
            const char* value = std::getenv(std::string(name).c_str());
            if (value == nullptr || *value == '\0') return std::nullopt;
            return value;
        },
        read_file);
}

// "holiday/cat.png", "small", jpeg → "<out>/small-cat.jpg": on a disk the ending is all that tells.
fs::path output_path(const ProcessOptions& options, const std::string& file,
                     const std::string& rendition, image::Format format) {
    const std::string stem = fs::path(file).stem().string();
    return fs::path(options.out) /
           (rendition + "-" + stem + "." + std::string(image::extension_of(format)));
}

// What this call has written: two pictures of one name would become one.
class Written final {
  public:
    Result<void> claim(const fs::path& path) {
        const std::lock_guard lock(mutex_);
        if (paths_.insert(path.string()).second) return {};
        return Error{Code::conflict, "The file " + path.string() +
                                         " was just made from another picture of the same name; "
                                         "process the two with different --out."};
    }

  private:
    std::mutex mutex_;
    std::set<std::string> paths_;
};

Result<json::object> process_file(const ProcessOptions& options,
                                  const functions::Settings& settings, Written& written,
                                  const std::string& file) {
    const auto start = std::chrono::steady_clock::now();
    const std::string input = TRY(read_file(file));
    const functions::Rule* rule = functions::find_rule(settings.recipes, file);
    if (rule == nullptr) {
        return Error{Code::invalid_argument, "No recipe applies to this name."};
    }
    std::vector<image::Spec> specs;
    for (const auto& rendition : rule->renditions) specs.push_back(rendition.spec);
    const auto deadline = start + std::chrono::seconds(settings.render_seconds_max);
    const auto stop = [deadline] { return std::chrono::steady_clock::now() > deadline; };
    const image::Rendered rendered =
        TRY(image::render(as_bytes(input), specs, {.limits = settings.limits, .stop = stop}));
    json::array renditions;
    for (std::size_t i = 0; i < rendered.outputs.size(); ++i) {
        const image::Output& output = rendered.outputs[i];
        const std::string& name = rule->renditions[i].name;
        const fs::path path = output_path(options, file, name, output.format);
        TRY(written.claim(path));
        TRY(write_file(path, output.bytes));
        renditions.push_back(json::object{{"name", name},
                                          {"path", path.string()},
                                          {"format", image::name_of(output.format)},
                                          {"width", output.width},
                                          {"height", output.height},
                                          {"quality", functions::format_quality(output.quality)},
                                          {"size", output.bytes.size()}});
    }
    const auto took = std::chrono::steady_clock::now() - start;
    return json::object{
        {"file", file},
        {"status", "ready"},
        {"size", input.size()},
        {"renditions", std::move(renditions)},
        {"metadata", functions::format_info(rendered.source)},
        {"placeholder", functions::format_placeholder(rendered.placeholder)},
        {"lane", image::name_of(rendered.lane)},
        {"stripped", json::array(rendered.stripped.begin(), rendered.stripped.end())},
        {"timings_ms",
         json::object{
             {"decode", rendered.timings.decode_us / 1000},
             {"resize", rendered.timings.resize_us / 1000},
             {"encode", rendered.timings.encode_us / 1000},
             {"total", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}}}};
}

json::object failed_line(const std::string& file, const Error& error) {
    json::object reason{{"code", name_of(error.code)}, {"message", error.message}};
    if (error.exceeded) {
        reason["setting"] = error.exceeded->setting;
        reason["limit"] = error.exceeded->limit;
        reason["measured"] = error.exceeded->measured;
    }
    return {{"file", file}, {"status", "failed"}, {"error", std::move(reason)}};
}

std::string text_line(const json::object& line) {
    std::string text(line.at("file").as_string());
    for (const json::value& rendition : line.at("renditions").as_array()) {
        text += "  → " + std::string(rendition.at("path").as_string()) + "  " +
                std::to_string(rendition.at("width").to_number<int>()) + "×" +
                std::to_string(rendition.at("height").to_number<int>()) + "  " +
                format_bytes(line.at("size").to_number<std::int64_t>()) + " → " +
                format_bytes(rendition.at("size").to_number<std::int64_t>());
    }
    return text;
}

// Several threads take files in turn; lines come out whole, in the order they are done.
class Batch final {
  public:
    Batch(const ProcessOptions& options, const functions::Settings& settings)
        : options_(options), settings_(settings) {}

    int run() {
        const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
        const int jobs = std::min(options_.jobs > 0 ? options_.jobs : cores,
                                  static_cast<int>(options_.files.size()));
        std::vector<std::jthread> threads;
        for (int i = 1; i < jobs; ++i) threads.emplace_back([this] { work(); });
        work();
        threads.clear();
        return failed_ == 0 ? 0 : 1;
    }

  private:
    void work() {
        for (std::size_t i = next_++; i < options_.files.size(); i = next_++) {
            const std::string& file = options_.files[i];
            const auto line = process_file(options_, settings_, written_, file);
            const std::lock_guard lock(mutex_);
            report(file, line);
        }
    }

    void report(const std::string& file, const Result<json::object>& line) {
        const auto total = static_cast<std::int64_t>(options_.files.size());
        if (!line) ++failed_;
        if (options_.json) {
            std::cout << json::serialize(line ? *line : failed_line(file, line.error()))
                      << std::endl;
        } else if (!line) {
            std::cerr << file << ": " << line.error().message << "\n";
        } else if (total == 1) {
            std::cout << text_line(*line) << "\n";
        }
        if (total > 1) progress_.show(++done_, total, file);
    }

    const ProcessOptions& options_;
    const functions::Settings& settings_;
    std::atomic<std::size_t> next_ = 0;
    Written written_;
    std::mutex mutex_;  // Guards what is below and the terminal.
    Progress progress_{"processing"};
    std::int64_t done_ = 0;
    int failed_ = 0;
};

int process(const ProcessOptions& options) {
    const auto settings = settings_of(options);
    if (!settings) {
        std::cerr << "imagemill: " << settings.error().message << "\n";
        return 1;
    }
    std::error_code error;
    fs::create_directories(options.out, error);
    if (error) {
        std::cerr << "imagemill: the directory " << options.out
                  << " cannot be made: " << error.message() << "\n";
        return 1;
    }
    prepare_heap();
    return Batch(options, *settings).run();
}

}  // namespace

void add_process(CLI::App& app, Run& run) {
    auto options = std::make_shared<ProcessOptions>();
    CLI::App* command =
        app.add_subcommand("process", "Processes files here and now, with no server.");
    command->add_option("FILE", options->files, "The pictures")->required();
    CLI::Option* recipes =
        command->add_option("--recipes", options->recipes, "A recipes file (docs/recipes.md)");
    add_rendition_options(*command, *recipes, options->rendition);
    command->add_option("--out", options->out, "Where the results go")->capture_default_str();
    command->add_flag("--json", options->json, "One JSON line a file");
    command->add_option("--jobs", options->jobs, "Files at once; 0: as many as cores")
        ->check(CLI::Range(0, 256))
        ->capture_default_str();
    command->footer("Example:\n  imagemill process --width 320 --format webp --out thumbs *.jpg");
    command->callback([options, &run] { run = [options] { return process(*options); }; });
}

}  // namespace imagemill
