// Who may do what, held to who does what: deploy/grants.json has each permission a function uses,
// and none that it does not. The template for AWS and `imagemill serve` both go by that file.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "functions/test_client.h"
#include "functions/test_world.h"

namespace imagemill::functions {
namespace {

using Lines = std::set<std::string>;

std::string line(const std::string& action, const std::string& bucket, const std::string& prefix) {
    return "s3:" + action + " " + bucket + " " + prefix;
}

Lines grants_of(const std::string& function) {
    std::ifstream file(GRANTS_JSON);
    const std::string text{std::istreambuf_iterator(file), {}};
    const auto document = parse_json(text);
    Lines lines;
    for (const json::value& grant : document->at(function).as_array()) {
        lines.insert(std::string(grant.at("action").as_string()) + " " +
                     std::string(grant.at("bucket").as_string()) + " " +
                     std::string(grant.at("prefix").as_string()));
    }
    return lines;
}

// A World that writes down which permission each call of the store needs.
class WatchedWorld : public World {
  public:
    // Puts into the destination under `put_prefix` need a grant for no more than that.
    explicit WatchedWorld(std::string put_prefix = "") {
        faulty.before = [this, put_prefix = std::move(put_prefix)](const store::Step& step) {
            note(step, put_prefix);
            return store::Fault();
        };
    }
    Lines used;

  private:
    void note(const store::Step& step, const std::string& put_prefix) {
        const bool is_source = step.id.bucket == settings.source_bucket;
        const std::string bucket = is_source ? "source" : "destination";
        switch (step.call) {
            case store::Call::get:
            case store::Call::head:
                used.insert(line("GetObject", bucket, ""));
                // What is not there: without this one it reads as forbidden.
                if (!memory->head(step.id)) used.insert(line("ListBucket", bucket, ""));
                return;
            case store::Call::put: {
                const bool is_confined = !is_source && step.id.key.starts_with(put_prefix);
                used.insert(line("PutObject", bucket, is_confined ? put_prefix : ""));
                return;
            }
            case store::Call::remove:
                used.insert(line("DeleteObject", bucket, ""));
                return;
            case store::Call::list:
                used.insert(line("ListBucket", bucket, ""));
                return;
        }
    }
};

TEST(Grants, TheApiUsesWhatItHas) {
    WatchedWorld world("manifests/");
    world.settings.names = Names::keep;
    post_raw(world, "a.png", tiny_png());
    post_raw(world, "a.png", tiny_png("another"));
    post_json(world, R"({"filename":"b.png","contentType":"image/png","size":9000000})");
    get(world, "/image/a.png");
    get(world, "/image/none.png");
    // Past what is watched: the processor's calls are not the api's.
    ASSERT_TRUE(functions::process(world.event("a.png"), world.processor(*world.memory)));
    EXPECT_EQ(get(world, "/image/a.png").status, 200);
    EXPECT_EQ(get(world, "/image/a.png?redirect").status, 302);
    world.put("c.png", tiny_png("slow"));
    EXPECT_TRUE(record_failure(world.event("c.png"), "It never ended.", world.processor()));
    EXPECT_EQ(ask(world, {.method = "DELETE", .target = "/image/a.png"}).status, 204);

    EXPECT_EQ(world.used, grants_of("image-upload-handler"));
}

TEST(Grants, TheProcessorUsesWhatItHas) {
    WatchedWorld world;
    world.put("a.png", tiny_png());
    EXPECT_EQ(world.process("a.png"), "rendered");
    world.settings.recipes = World::recipe("large", 900);
    world.process("a.png");
    world.put("b.png", "corrupt");
    world.process("b.png");
    world.remove("a.png");
    world.process("a.png");

    EXPECT_EQ(world.used, grants_of("image-resize-processor"));
}

}  // namespace
}  // namespace imagemill::functions
