// In a program that does not itself link libvips, as the real ones.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "image/test_files.h"
#include "image/vips_module.h"

namespace imagemill::image {
namespace {

bool is_mapped(std::string_view library) {
    std::ifstream maps("/proc/self/maps");
    std::stringstream text;
    text << maps.rdbuf();
    return text.str().find(library) != std::string::npos;
}

TEST(VipsLoader, LeavesLibvipsAloneUntilSomethingIsRendered) {
    const std::string file = test::svg("width='30' height='20'", "<rect width='9' height='9'/>");
    const Spec spec;
    ASSERT_TRUE(probe(as_bytes(file), {}));
    ASSERT_FALSE(render(as_bytes("text"), {&spec, 1}, {}));
    EXPECT_FALSE(is_mapped("libvips"));

    const auto rendered = render(as_bytes(file), {&spec, 1}, {});
    ASSERT_TRUE(rendered) << rendered.error().message;
    EXPECT_TRUE(is_mapped("libvips"));
    EXPECT_EQ(rendered->outputs.front().format, Format::png);
    EXPECT_EQ(rendered->outputs.front().width, 30);
}

TEST(VipsLoader, IsLoadedOnceByManyThreads) {
    std::vector<const VipsModule*> modules(8);
    {
        std::vector<std::jthread> threads;
        for (auto& module : modules) {
            threads.emplace_back([&module] {
                if (const auto loaded = vips_module()) module = *loaded;
            });
        }
    }
    ASSERT_NE(modules.front(), nullptr);
    for (const VipsModule* module : modules) EXPECT_EQ(module, modules.front());
}

TEST(ModuleLoader, NamesTheFilesThatItMayLoad) {
    const std::vector<std::string> files = engine_files("");
    const auto is_there = [&](std::string_view part) {
        return std::ranges::any_of(
            files, [&](const std::string& file) { return file.find(part) != file.npos; });
    };

    EXPECT_TRUE(is_there(kVipsModuleFile));
    EXPECT_TRUE(is_there("libvips-cpp.so."));
    EXPECT_TRUE(std::ranges::all_of(
        files, [](const std::string& file) { return file.find(".so") != file.npos; }));
    EXPECT_TRUE(engine_files("/no/such/program").empty());
}

}  // namespace
}  // namespace imagemill::image
