// What can happen around a processor: crashes between any two steps, duplicates, reorderings and a
// world that changes under it. Whatever it was, once every event was processed without an error,
// the outputs are those of the newest source and nothing else is there (docs/guarantees.md). Each
// story is told in full here; schedules_test.cpp draws thousands.
#include <gtest/gtest.h>

#include <functional>

#include "functions/test_world.h"

namespace imagemill::functions {
namespace {

const std::string kKey = "trips/cat.jpg";

struct Story {
    std::string name;
    std::function<void(World&)> begin;  // Leaves one event to be processed.
};

void settle(World& world) {
    world.process(kKey);
    world.expect_settled(kKey);
}

std::vector<Story> stories() {
    return {
        {"a first upload", [](World& world) { world.put(kKey, "one"); }},
        {"a first upload that is corrupt", [](World& world) { world.put(kKey, "corrupt one"); }},
        {"an overwrite",
         [](World& world) {
             world.put(kKey, "one");
             settle(world);
             world.put(kKey, "two");
         }},
        {"a corrupt overwrite",
         [](World& world) {
             world.put(kKey, "one");
             settle(world);
             world.put(kKey, "corrupt two");
         }},
        {"a repair",
         [](World& world) {
             world.put(kKey, "corrupt one");
             settle(world);
             world.put(kKey, "two");
         }},
        {"a changed recipe",
         [](World& world) {
             world.put(kKey, "one");
             settle(world);
             world.settings.recipes = World::recipe("large", 900);
         }},
        {"a recipe that no longer applies",
         [](World& world) {
             world.put(kKey, "one");
             settle(world);
             world.settings.recipes.rules[0].prefix = "elsewhere/";
         }},
        {"a removal",
         [](World& world) {
             world.put(kKey, "one");
             settle(world);
             world.remove(kKey);
         }},
        {"a removal of what nothing was made of yet",
         [](World& world) {
             world.put(kKey, "one");
             world.remove(kKey);
         }},
        {"a duplicate",
         [](World& world) {
             world.put(kKey, "one");
             settle(world);
         }},
    };
}

// Runs until it is done without an error; at most `tries` times.
void process_at_last(World& world, int tries) {
    for (int i = 0; i < tries; ++i) {
        if (process(world.event(kKey), world.processor(*world.memory))) return;
    }
    ADD_FAILURE() << "Not done after " << tries << " tries.";
}

std::vector<Story> changes() {
    return {
        {"nothing", [](World&) {}},
        {"overwritten", [](World& world) { world.put(kKey, "three"); }},
        {"overwritten by a corrupt one", [](World& world) { world.put(kKey, "corrupt three"); }},
        {"removed", [](World& world) { world.remove(kKey); }},
        {"removed and made again, the same",
         [](World& world) {
             const std::string body = world.text_of(world.source(kKey));
             world.remove(kKey);
             process_at_last(world, 1);
             world.put(kKey, body.empty() ? "one" : body);
         }},
    };
}

// The calls one processor makes when nothing happens.
int calls_of(const Story& story) {
    World world;
    story.begin(world);
    store::FaultyStore store(*world.memory);
    EXPECT_TRUE(process(world.event(kKey), world.processor(store)));
    return static_cast<int>(store.steps().size());
}

TEST(Scenario, ACrashBeforeAnyCallIsMendedByTheNextTry) {
    for (const Story& story : stories()) {
        for (int n = 0; n < calls_of(story); ++n) {
            SCOPED_TRACE(story.name + ", crash before call " + std::to_string(n));
            World world;
            story.begin(world);
            store::FaultyStore store(*world.memory);
            store.before = store::crash_at(n);
            EXPECT_FALSE(process(world.event(kKey), world.processor(store)));
            process_at_last(world, 1);
            world.expect_settled(kKey);
        }
    }
}

TEST(Scenario, ACrashAfterAnyCallIsMendedByTheNextTry) {
    for (const Story& story : stories()) {
        for (int n = 0; n < calls_of(story); ++n) {
            SCOPED_TRACE(story.name + ", crash after call " + std::to_string(n));
            World world;
            story.begin(world);
            store::FaultyStore store(*world.memory);
            store.after = store::crash_at(n);
            EXPECT_FALSE(process(world.event(kKey), world.processor(store)));
            process_at_last(world, 1);
            world.expect_settled(kKey);
        }
    }
}

TEST(Scenario, ReadyAlwaysMeansThatEveryRenditionIsThere) {
    for (const Story& story : stories()) {
        World world;
        story.begin(world);
        store::FaultyStore store(*world.memory);
        store.after = [&](const store::Step& step) {
            const auto manifest = world.manifest(kKey);
            // Over an older version's files new ones are put before the manifest says so.
            const bool of_now =
                manifest && world.memory->head(world.source(kKey)) &&
                manifest->source.etag == world.memory->head(world.source(kKey))->etag &&
                manifest->recipe_digest == make_digest(world.settings.recipes.rules[0]);
            for (std::size_t i = 0; of_now && i < manifest->renditions.size(); ++i) {
                const Rendition& rendition = manifest->renditions[i];
                const auto info = world.memory->head(world.output(rendition.key));
                EXPECT_TRUE(info && info->etag == rendition.etag)
                    << story.name << ", after call " << step.index;
            }
            return store::ok();
        };
        EXPECT_TRUE(process(world.event(kKey), world.processor(store)));
    }
}

// The source changes before a call, and another processor handles that at once.
TEST(Scenario, AChangeBetweenAnyTwoCallsEndsInTheNewestSource) {
    for (const Story& story : stories()) {
        for (const Story& change : changes()) {
            for (int n = 0; n < calls_of(story); ++n) {
                SCOPED_TRACE(story.name + ", then " + change.name + " before call " +
                             std::to_string(n));
                World world;
                story.begin(world);
                store::FaultyStore store(*world.memory);
                store.before = [&](const store::Step& step) {
                    if (step.index != n) return store::ok();
                    change.begin(world);
                    process_at_last(world, 1);
                    return store::ok();
                };
                EXPECT_TRUE(process(world.event(kKey), world.processor(store)));
                world.expect_settled(kKey);
            }
        }
    }
}

// As above, but the other processor dies before one of its calls, and is tried again at the end.
TEST(Scenario, AChangeWhoseProcessorDiesIsMendedToo) {
    const auto all = stories();
    for (const Story& story : {all[0], all[2], all[3], all[7]}) {
        for (const Story& change : changes()) {
            for (int n = 0; n < calls_of(story); ++n) {
                for (int m = 0; m < 12; ++m) {
                    SCOPED_TRACE(story.name + ", then " + change.name + " before call " +
                                 std::to_string(n) + ", crash before call " + std::to_string(m));
                    World world;
                    story.begin(world);
                    store::FaultyStore dying(*world.memory);
                    dying.before = store::crash_at(m);
                    store::FaultyStore store(*world.memory);
                    store.before = [&](const store::Step& step) {
                        if (step.index != n) return store::ok();
                        change.begin(world);
                        (void)process(world.event(kKey), world.processor(dying));
                        return store::ok();
                    };
                    EXPECT_TRUE(process(world.event(kKey), world.processor(store)));
                    process_at_last(world, 1);
                    world.expect_settled(kKey);
                    // It made fewer calls and lived: later ones are the same story.
                    if (std::ssize(dying.steps()) < m) break;
                }
            }
        }
    }
}

// Two deployments with two recipes at once: either may win, but what is listed is what is there.
TEST(Scenario, TwoRecipesAtOnceLeaveOneOfThemWhole) {
    for (const Story& story : stories()) {
        for (int n = 0; n < calls_of(story); ++n) {
            SCOPED_TRACE(story.name + ", another recipe before call " + std::to_string(n));
            World world;
            story.begin(world);
            Settings other = world.settings;
            other.recipes = World::recipe("other", 300);
            store::FaultyStore store(*world.memory);
            store.before = [&](const store::Step& step) {
                if (step.index != n) return store::ok();
                const ProcessorContext context = {.store = *world.memory,
                                                  .settings = other,
                                                  .clock = world.clock,
                                                  .log = world.log,
                                                  .render = fake_render};
                EXPECT_TRUE(process(world.event(kKey), context));
                return store::ok();
            };
            EXPECT_TRUE(process(world.event(kKey), world.processor(store)));

            const auto manifest = world.manifest(kKey);
            if (!manifest) {
                world.expect_settled(kKey);
                continue;
            }
            std::vector<std::string> listed = {manifest_key(kKey)};
            for (const Rendition& rendition : manifest->renditions) {
                listed.push_back(rendition.key);
                const auto info = world.memory->head(world.output(rendition.key));
                ASSERT_TRUE(info) << rendition.key;
                EXPECT_EQ(info->etag, rendition.etag);
            }
            std::ranges::sort(listed);
            EXPECT_EQ(world.outputs(), listed);
            EXPECT_TRUE(manifest->obsolete.empty());
        }
    }
}

}  // namespace
}  // namespace imagemill::functions
