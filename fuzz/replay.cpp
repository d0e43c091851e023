// replay TARGET PATH…: runs a fuzz target's body over files and directories of files, without
// libFuzzer. What is wrong ends it, and the last line says with which file.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "body.h"

namespace imagemill::fuzz {
namespace {

namespace fs = std::filesystem;

struct Target {
    std::string_view name;
    void (*body)(Bytes);
};
constexpr std::array kTargets{Target{"probe", fuzz_probe},  Target{"recipes", fuzz_recipes},
                              Target{"lane", fuzz_lane},    Target{"vips", fuzz_vips},
                              Target{"http", fuzz_http},    Target{"s3", fuzz_s3},
                              Target{"events", fuzz_events}};

std::vector<fs::path> files_of(const fs::path& path) {
    if (!fs::is_directory(path)) return {path};
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

std::size_t run_all(const Target& target, const fs::path& path) {
    const std::vector<fs::path> files = files_of(path);
    for (const fs::path& file : files) {
        std::cout << target.name << " " << file.string() << std::endl;
        std::ifstream stream(file, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(stream),
                               std::istreambuf_iterator<char>()};
        target.body(as_bytes(text));
    }
    return files.size();
}

int run(std::string_view name, std::span<char*> paths) {
    const auto target = std::ranges::find(kTargets, name, &Target::name);
    if (target == kTargets.end()) {
        std::cerr << "replay: the targets are probe, recipes, lane, vips, http, s3 and events, not "
                  << name << ".\n";
        return 2;
    }
    std::size_t count = 0;
    for (const char* path : paths) count += run_all(*target, path);
    std::cout << count << " inputs passed\n";
    return count > 0 ? 0 : 1;
}

}  // namespace
}  // namespace imagemill::fuzz

int main(int argc, char** argv) {
    if (argc < 3) {
        std::cerr << "usage: replay TARGET PATH...\n";
        return 2;
    }
    return imagemill::fuzz::run(argv[1], std::span(argv + 2, argv + argc));
}
