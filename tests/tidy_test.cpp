// Holds the rules of the house that a compiler does not: which folder may know which, what is
// banned, how long a line is. docs/architecture.md says why.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace imagemill {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = IMAGEMILL_SOURCE_DIR;

// What a folder may include, beside itself. The house, from the ground up.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"base", {}},
    {"store", {"base"}},
    {"http", {"base"}},
    {"image", {"base"}},
    {"net", {"base", "http"}},
    {"aws", {"base", "http", "net", "store"}},
    {"functions", {"base", "http", "image", "store"}},
    {"local/containment", {"base"}},
    {"local/storage", {"aws", "base", "http", "net", "store"}},
    {"local/s3", {"aws", "base", "http", "net", "store", "local/storage"}},
    {"local/lambda", {"aws", "base", "http", "net", "store", "local/containment", "local/storage"}},
    {"local/gateway",
     {"aws", "base", "http", "net", "store", "local/containment", "local/storage", "local/lambda"}},
    {"local/webhook", {"aws", "base", "http", "net", "store", "local/storage", "local/lambda"}},
};

// What one folder's tests lend to another's.
const std::set<std::string> kTestHeaders = {"aws/scripted_client.h", "store/faulty_store.h",
                                            "store/store_conformance.h"};

bool is_test(const std::string& name) {
    const std::string file = name.substr(name.rfind('/') + 1);
    return file.starts_with("test_") || file.ends_with("_test.cpp");
}

struct Banned {
    std::string_view word;
    std::string_view why;
};
constexpr Banned kBanned[] = {
    {"co_await", "no coroutines: g++ 12 miscompiles them"},
    {"std::async", "threads have owners"},
    {".detach()", "threads have owners"},
    {"using namespace std", "names say where they are from"},
    {"std::format", "absent in g++ 12"},
    {"std::source_location", "clang 14 fails on it"},
    {"std::cout", "below apps nobody prints"},
    {"std::regex", "slow, deep recursion on hostile input"},
};

std::string read(const fs::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<fs::path> sources_under(const fs::path& folder) {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
        const std::string extension = entry.path().extension();
        if (extension == ".h" || extension == ".cpp") paths.push_back(entry.path());
    }
    std::ranges::sort(paths);
    return paths;
}

// "src/local/s3/keys.h" is of "local/s3", "src/image/jpeg/decode.h" of "image".
std::string folder_of(const std::string& path_below_src) {
    std::string longest;
    for (const auto& [folder, allowed] : kMayInclude) {
        const bool inside = path_below_src.rfind(folder + "/", 0) == 0;
        if (inside && folder.size() > longest.size()) longest = folder;
    }
    return longest;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::vector<std::string> includes_of(const std::string& text) {
    std::vector<std::string> includes;
    for (const std::string& line : lines_of(text)) {
        if (line.rfind("#include \"", 0) != 0) continue;
        includes.push_back(line.substr(10, line.find('"', 10) - 10));
    }
    return includes;
}

// The headers a folder's CMakeLists.txt makes public, as others write them.
std::set<std::string> public_headers() {
    std::set<std::string> headers;
    for (const auto& [folder, allowed] : kMayInclude) {
        const std::string text = read(kRoot / "src" / folder / "CMakeLists.txt");
        std::size_t at = text.find("  HEADERS ");
        std::istringstream words(at == std::string::npos ? "" : text.substr(at + 10));
        for (std::string word; words >> word && word.ends_with(".h");) {
            headers.insert(folder + "/" + word);
        }
    }
    return headers;
}

// Code without its comments and texts, so that words in prose are free.
std::string code_of(const std::string& line) {
    std::string code;
    bool in_text = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (!in_text && line.compare(i, 2, "//") == 0) break;
        if (line[i] == '"' && (i == 0 || (line[i - 1] != '\\' && line[i - 1] != '\''))) {
            in_text = !in_text;
        }
        if (!in_text) code += line[i];
    }
    return code;
}

std::size_t width_of(const std::string& line) {
    return static_cast<std::size_t>(std::ranges::count_if(
        line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

TEST(Tidy, FoldersOnlyLookDown) {
    const std::set<std::string> headers = public_headers();
    for (const fs::path& path : sources_under("src")) {
        const std::string name = fs::relative(path, kRoot / "src").string();
        const std::string folder = folder_of(name);
        ASSERT_FALSE(folder.empty()) << name << " is in no folder that the rule knows.";
        for (const std::string& include : includes_of(read(path))) {
            if (include.ends_with(".inc")) continue;  // Generated beside the object file.
            const std::string target = folder_of(include);
            ASSERT_FALSE(target.empty()) << name << " includes " << include;
            if (target == folder) continue;
            const bool is_shared_by_tests = kTestHeaders.contains(include) && is_test(name);
            EXPECT_TRUE(kMayInclude.at(folder).contains(target))
                << name << " includes " << include << ": " << folder << " may not know " << target;
            EXPECT_TRUE(headers.contains(include) || is_shared_by_tests)
                << name << " includes " << include << ", which is private to " << target;
        }
    }
}

TEST(Tidy, NothingBannedIsUsed) {
    for (const fs::path& path : sources_under("src")) {
        int number = 0;
        for (const std::string& line : lines_of(read(path))) {
            ++number;
            const std::string code = code_of(line);
            for (const Banned& banned : kBanned) {
                EXPECT_EQ(code.find(banned.word), std::string::npos)
                    << path.string() << ":" << number << ": " << banned.word << ": " << banned.why;
            }
        }
    }
}

TEST(Tidy, LinesAreAtMostAHundredColumns) {
    for (const char* folder : {"src", "apps", "tests", "fuzz", "bench"}) {
        if (!fs::exists(kRoot / folder)) continue;
        for (const fs::path& path : sources_under(folder)) {
            int number = 0;
            for (const std::string& line : lines_of(read(path))) {
                ++number;
                const bool is_raw_text = line.find("R\"") != std::string::npos;
                EXPECT_TRUE(width_of(line) <= 100 || is_raw_text)
                    << path.string() << ":" << number << " has " << width_of(line) << " columns";
            }
        }
    }
}

TEST(Tidy, NothingIsLeftForLater) {
    const std::string words[] = {
        "FIX"
        "ME",
        "TO"
        "DO",
        "X"
        "XX",
        "HA"
        "CK"};
    for (const char* folder : {"src", "apps", "tests"}) {
        for (const fs::path& path : sources_under(folder)) {
            const std::string text = read(path);
            for (const std::string& word : words) {
                EXPECT_EQ(text.find(word + ":"), std::string::npos) << path.string();
                EXPECT_EQ(text.find("// " + word), std::string::npos) << path.string();
            }
        }
    }
}

TEST(Tidy, EverySourceIsBuilt) {
    for (const fs::path& path : sources_under("src")) {
        if (path.extension() != ".cpp") continue;
        fs::path folder = path.parent_path();
        while (!fs::exists(folder / "CMakeLists.txt")) folder = folder.parent_path();
        const std::string name = fs::relative(path, folder).string();
        const std::string lists = read(folder / "CMakeLists.txt");
        EXPECT_NE(lists.find(name), std::string::npos)
            << path.string() << " is named in no CMakeLists.txt";
    }
}

TEST(Tidy, PublicHeadersOpenWithTheirContract) {
    for (const std::string& header : public_headers()) {
        const std::string text = read(kRoot / "src" / header);
        const std::string name = fs::path(header).stem().string();
        EXPECT_EQ(
            text.rfind("// " + name + ": ", 0) == 0 || text.rfind("// s3/" + name + ": ", 0) == 0,
            true)
            << header << " does not open with \"// " << name << ": …\"";
        EXPECT_NE(text.find("#pragma once"), std::string::npos) << header;
    }
}

}  // namespace
}  // namespace imagemill
