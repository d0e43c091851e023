#include "functions/processor.h"

#include <gtest/gtest.h>

#include <utility>

#include "functions/test_world.h"

namespace imagemill::functions {
namespace {

TEST(Processor, RendersAndWritesTheManifestLast) {
    World world;
    world.put("trips/cat.jpg", "cat");
    EXPECT_EQ(world.process("trips/cat.jpg"), "rendered");
    world.expect_settled("trips/cat.jpg");

    EXPECT_EQ(world.text_of(world.output("trips/small-cat.jpg")), "100×0 jpeg of cat");
    const auto info = world.memory->head(world.output("trips/small-cat.jpg"));
    EXPECT_EQ(info->content_type, "image/jpeg");
    const auto manifest = world.manifest("trips/cat.jpg");
    ASSERT_TRUE(manifest);
    EXPECT_EQ(manifest->source.content_type, "image/png");
    EXPECT_EQ(manifest->source.size_bytes, 3);
    EXPECT_EQ(manifest->metadata->width, 4000);
    EXPECT_EQ(manifest->request_id, "request-1");
    EXPECT_EQ(manifest->trace_id, "1-5759e988-bd862e3fe1be46a994272793");
    EXPECT_EQ(manifest->timings_ms.count("total"), 1U);

    std::vector<std::string> puts;
    for (const store::Step& step : world.faulty.steps()) {
        if (step.call == store::Call::put) puts.push_back(step.id.key);
    }
    EXPECT_EQ(puts, (std::vector<std::string>{"trips/small-cat.jpg",
                                              "manifests/trips/cat.jpg/manifest.json"}));
}

TEST(Processor, ReportsWhatItTook) {
    World world;
    world.put("cat.jpg", "cat");
    world.put("dog.jpg", "corrupt");
    const auto cat = process(world.event("cat.jpg"), world.processor());
    const auto again = process(world.event("cat.jpg"), world.processor());
    const auto dog = process(world.event("dog.jpg"), world.processor());

    ASSERT_TRUE(cat && again && dog);
    EXPECT_EQ(cat->lane, "jpeg");
    EXPECT_EQ(cat->bytes_in, 3);
    EXPECT_EQ(cat->bytes_out, std::ssize(world.text_of(world.output("small-cat.jpg"))));
    EXPECT_EQ(cat->timings_ms.at("decode"), 7);
    for (const char* stage : {"fetch", "render", "resize", "encode", "store", "total"}) {
        EXPECT_TRUE(cat->timings_ms.contains(stage)) << stage;
    }
    EXPECT_EQ(cat->reason, std::nullopt);
    EXPECT_EQ(again->bytes_in, 0);
    EXPECT_TRUE(again->timings_ms.empty());
    EXPECT_EQ(dog->reason, Code::corrupt);
    EXPECT_EQ(dog->bytes_in, 7);
    EXPECT_EQ(dog->lane, "");
}

TEST(Processor, ADuplicateEventDoesNothing) {
    World world;
    world.put("cat.jpg", "cat");
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    const std::string before = world.text_of(world.output(manifest_key("cat.jpg")));
    EXPECT_EQ(world.process("cat.jpg"), "skipped");
    EXPECT_EQ(world.text_of(world.output(manifest_key("cat.jpg"))), before);
}

TEST(Processor, AMissingOrChangedRenditionIsMadeAgain) {
    World world;
    world.put("cat.jpg", "cat");
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    ASSERT_TRUE(world.memory->remove(world.output("small-cat.jpg"), {}));
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    world.expect_settled("cat.jpg");
    ASSERT_TRUE(world.memory->put(world.output("small-cat.jpg"), as_bytes("other"), {}));
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    world.expect_settled("cat.jpg");
}

TEST(Processor, AnUnreadableManifestIsWrittenOver) {
    for (const std::string& text : {std::string("{"), std::string(1'000'001, ' ')}) {
        World world;
        world.put("cat.jpg", "cat");
        ASSERT_TRUE(world.memory->put(world.output(manifest_key("cat.jpg")), as_bytes(text), {}));
        EXPECT_EQ(world.process("cat.jpg"), "rendered");
        world.expect_settled("cat.jpg");
    }
}

TEST(Processor, AChangedRecipeMakesTheNewAndRemovesTheOld) {
    World world;
    world.put("cat.jpg", "cat");
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    world.settings.recipes = World::recipe("large", 900);
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    world.expect_settled("cat.jpg");
    EXPECT_EQ(world.text_of(world.output("small-cat.jpg")), "");
}

TEST(Processor, ASourceThatIsGoneTakesItsOutputsAlong) {
    World world;
    world.put("cat.jpg", "cat");
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    world.remove("cat.jpg");
    EXPECT_EQ(world.process("cat.jpg"), "removed");
    world.expect_settled("cat.jpg");
    EXPECT_EQ(world.process("cat.jpg"), "removed");
}

TEST(Processor, ACorruptPictureIsAFailedManifestAndNotTriedAgain) {
    World world;
    world.put("cat.jpg", "corrupt");
    EXPECT_EQ(world.process("cat.jpg"), "failed");
    world.expect_settled("cat.jpg");
    const auto manifest = world.manifest("cat.jpg");
    EXPECT_EQ(manifest->failure->code, Code::corrupt);
    EXPECT_EQ(manifest->failure->message, "The picture ends early.");
    EXPECT_TRUE(manifest->failure->permanent);
    EXPECT_EQ(world.process("cat.jpg"), "skipped");
}

TEST(Processor, ACorruptPictureOverAGoodOneRemovesTheGoodOnesRenditions) {
    World world;
    world.put("cat.jpg", "cat");
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    world.put("cat.jpg", "corrupt");
    EXPECT_EQ(world.process("cat.jpg"), "failed");
    world.expect_settled("cat.jpg");
}

TEST(Processor, EachFaultOfThePictureIsAFailedManifest) {
    for (const Code code :
         {Code::corrupt, Code::unsupported, Code::too_large, Code::invalid_argument}) {
        World world;
        world.put("cat.jpg", "cat");
        ProcessorContext context = world.processor();
        context.render = [code](Bytes, std::span<const image::Spec>,
                                const image::RenderOptions&) -> Result<image::Rendered> {
            return Error{code, "A sentence.", Exceeded{"IMAGEMILL_MAX_SIDE", 1, 2}};
        };
        const auto report = process(world.event("cat.jpg"), context);
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_EQ(report->outcome, Outcome::failed);
        const auto manifest = world.manifest("cat.jpg");
        EXPECT_EQ(manifest->failure->code, code);
        EXPECT_EQ(manifest->failure->exceeded, (Exceeded{"IMAGEMILL_MAX_SIDE", 1, 2}));
    }
}

TEST(Processor, WhatIsNotThePicturesFaultIsAnErrorWorthARetry) {
    for (const Code code : {Code::busy, Code::unavailable, Code::internal, Code::timeout}) {
        World world;
        world.put("cat.jpg", "cat");
        ProcessorContext context = world.processor();
        context.render = [code](Bytes, std::span<const image::Spec>,
                                const image::RenderOptions&) -> Result<image::Rendered> {
            return Error{code, "A sentence."};
        };
        const auto report = process(world.event("cat.jpg"), context);
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, code);
        EXPECT_TRUE(world.outputs().empty());
    }
}

// Each question moves the clock, as work would.
Renderer render_while(FakeClock& clock) {
    return [&clock](Bytes input, std::span<const image::Spec> specs,
                    const image::RenderOptions& options) {
        const auto moving = [&] {
            clock.advance(Milliseconds(100));
            return options.stop();
        };
        return fake_render(input, specs, {.limits = options.limits, .stop = moving});
    };
}

TEST(Processor, ARenderOverItsTimeFailsForGoodAndNamesTheSetting) {
    World world;
    world.settings.render_seconds_max = 3;
    world.put("cat.jpg", "slow");
    ProcessorContext context = world.processor();
    context.render = render_while(world.clock);
    const auto report = process(world.event("cat.jpg"), context);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->outcome, Outcome::failed);
    const auto manifest = world.manifest("cat.jpg");
    EXPECT_EQ(manifest->failure->code, Code::timeout);
    EXPECT_EQ(manifest->failure->exceeded, (Exceeded{"IMAGEMILL_MAX_SECONDS", 3, 3}));
    EXPECT_EQ(world.process("cat.jpg"), "skipped");
}

TEST(Processor, ARenderThatMeetsTheDeadlineStopsASecondBeforeAndIsAnError) {
    World world;
    world.put("cat.jpg", "slow");
    ProcessorContext context = world.processor();
    context.render = render_while(world.clock);
    context.deadline = world.clock.now() + Milliseconds(5000);
    const auto report = process(world.event("cat.jpg"), context);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Code::timeout);
    EXPECT_EQ(world.clock.now(), context.deadline - Milliseconds(1000));
    EXPECT_TRUE(world.outputs().empty());
}

TEST(Processor, ARaisedLimitIsWorthAnotherTry) {
    World world;
    world.settings.limits.bytes_max = 2;
    world.put("cat.jpg", "cat");
    EXPECT_EQ(world.process("cat.jpg"), "failed");
    EXPECT_EQ(world.manifest("cat.jpg")->failure->exceeded,
              (Exceeded{"IMAGEMILL_MAX_BYTES", 2, 3}));
    EXPECT_EQ(world.process("cat.jpg"), "skipped");
    world.settings.limits.bytes_max = 3;
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    world.expect_settled("cat.jpg");
}

TEST(Processor, ASourceOverTheLimitIsNotEvenRead) {
    World world;
    world.put("cat.jpg", "cat");
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    world.settings.limits.bytes_max = 2;
    world.put("cat.jpg", "dog");
    world.put("new.jpg", "new");
    ProcessorContext context = world.processor();
    context.render = [](Bytes, auto, const auto&) -> Result<image::Rendered> {
        ADD_FAILURE() << "It was read.";
        return Error{Code::internal, ""};
    };
    for (const char* key : {"cat.jpg", "new.jpg"}) {
        const auto report = process(world.event(key), context);
        ASSERT_TRUE(report);
        EXPECT_EQ(report->outcome, Outcome::failed);
        EXPECT_EQ(world.manifest(key)->failure->exceeded, (Exceeded{"IMAGEMILL_MAX_BYTES", 2, 3}));
    }
}

TEST(Processor, ANewSourceTakesFiveRequestsAndADuplicateThree) {
    World world;
    world.put("cat.jpg", "cat");
    using store::Call;
    const auto calls = [&] {
        std::vector<Call> made;
        for (const store::Step& step : world.faulty.steps()) made.push_back(step.call);
        world.faulty.forget_steps();
        return made;
    };
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    EXPECT_EQ(calls(), (std::vector{Call::get, Call::get, Call::put, Call::put, Call::head}));
    EXPECT_EQ(world.process("cat.jpg"), "skipped");
    EXPECT_EQ(calls(), (std::vector{Call::get, Call::head, Call::head}));
}

TEST(Processor, AKeyThatNoRecipeAppliesToFailsSo) {
    World world;
    world.settings.recipes.rules[0].prefix = "avatars/";
    world.put("cat.jpg", "cat");
    EXPECT_EQ(world.process("cat.jpg"), "ignored");
    world.expect_settled("cat.jpg");
    EXPECT_EQ(world.manifest("cat.jpg")->failure->message, "No recipe applies to this key.");
    EXPECT_EQ(world.process("cat.jpg"), "skipped");
    world.settings.recipes.rules[0].prefix = "";
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    world.expect_settled("cat.jpg");
}

TEST(Processor, FoldersAndEmptyKeysAreIgnored) {
    World world;
    world.put("folder/", "");
    EXPECT_EQ(world.process("folder/"), "ignored");
    EXPECT_EQ(world.process(""), "ignored");
    EXPECT_EQ(world.process("\xff.jpg"), "ignored");
    EXPECT_TRUE(world.outputs().empty());
}

TEST(Processor, AKeyOver900BytesFailsPlainly) {
    const auto key = [](std::size_t bytes) { return std::string(bytes - 4, 'k') + ".jpg"; };
    {
        World world;
        world.put(key(900), "cat");
        EXPECT_EQ(world.process(key(900)), "rendered");
        world.expect_settled(key(900));
    }
    for (const std::size_t bytes : {901U, 1000U}) {
        World world;
        world.put(key(bytes), "cat");
        EXPECT_EQ(world.process(key(bytes)), "failed");
        const auto manifest = world.manifest(key(bytes));
        ASSERT_TRUE(manifest);
        EXPECT_EQ(manifest->failure->message,
                  "The key has " + std::to_string(bytes) + " bytes; at most 900 are accepted.");
        EXPECT_EQ(world.process(key(bytes)), "skipped");
    }
    for (const std::size_t bytes : {1001U, 1024U}) {
        World world;
        world.put(key(bytes), "cat");
        EXPECT_EQ(world.process(key(bytes)), "failed");
        EXPECT_TRUE(world.outputs().empty());
        EXPECT_NE(world.lines.back().find("no room"), std::string::npos);
    }
}

TEST(Processor, EventsOfOtherBucketsAreRefused) {
    World world;
    store::ObjectEvent event = world.event("cat.jpg");
    event.bucket = world.settings.destination_bucket;
    const auto report = process(event, world.processor());
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Code::invalid_argument);
    EXPECT_EQ(record_failure(event, "It died.", world.processor()).error().code,
              Code::invalid_argument);
}

TEST(Processor, OneBucketForBothIsRefused) {
    World world;
    world.settings.destination_bucket = world.settings.source_bucket;
    const auto report = process(world.event("cat.jpg"), world.processor());
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Code::invalid_argument);
}

TEST(Processor, ASourceThatNeverStandsStillIsAConflict) {
    World world;
    world.put("cat.jpg", "cat 0");
    int version = 0;
    world.faulty.before = [&](const store::Step& step) {
        if (step.call == store::Call::put) world.put("cat.jpg", "cat " + std::to_string(++version));
        return store::ok();
    };
    EXPECT_EQ(world.process("cat.jpg"), "conflict");
    world.faulty.before = nullptr;
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    world.expect_settled("cat.jpg");
}

TEST(Processor, ASourceThatWasAnotherOnlyWhileItWasReadIsReadAgain) {
    World world;
    world.put("cat.jpg", "cat");
    const auto is_read = [&](const store::Step& step) {
        return step.call == store::Call::get && step.id == world.source("cat.jpg");
    };
    bool swapped = false;
    world.faulty.before = [&](const store::Step& step) {
        if (is_read(step) && !std::exchange(swapped, true)) world.put("cat.jpg", "dog");
        return store::ok();
    };
    world.faulty.after = [&](const store::Step& step) {
        if (is_read(step)) world.put("cat.jpg", "cat");
        return store::ok();
    };
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    world.expect_settled("cat.jpg");
}

TEST(Processor, AMissingBucketIsAnErrorAndNoLostRace) {
    World world;
    world.settings.destination_bucket = "nowhere";
    world.put("cat.jpg", "cat");
    EXPECT_EQ(world.process("cat.jpg"), "no_such_bucket");
}

TEST(RecordFailure, WritesAManifestThatIsNotPermanent) {
    World world;
    world.put("cat.jpg", "cat");
    ASSERT_TRUE(record_failure(world.event("cat.jpg"), "It ran out of memory.", world.processor()));
    const auto manifest = world.manifest("cat.jpg");
    ASSERT_TRUE(manifest);
    EXPECT_EQ(manifest->status, Status::failed);
    EXPECT_EQ(manifest->failure->message, "It ran out of memory.");
    EXPECT_FALSE(manifest->failure->permanent);
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    world.expect_settled("cat.jpg");
}

TEST(RecordFailure, NeverWritesOverAManifestOfTheSameSourceThatHolds) {
    for (const char* body : {"cat", "corrupt"}) {
        World world;
        world.put("cat.jpg", body);
        world.process("cat.jpg");
        const std::string before = world.text_of(world.output(manifest_key("cat.jpg")));
        ASSERT_TRUE(record_failure(world.event("cat.jpg"), "It died.", world.processor()));
        EXPECT_EQ(world.text_of(world.output(manifest_key("cat.jpg"))), before);
    }
}

// A processor read an older version, or other recipes, and died when it had put a rendition.
TEST(RecordFailure, TakesBackAReadyManifestWhoseRenditionsTheDeadHadBegunToReplace) {
    for (const bool is_removed : {false, true}) {
        World world;
        world.put("cat.jpg", "old cat");
        const store::ObjectEvent old = world.event("cat.jpg");
        world.put("cat.jpg", "cat");
        EXPECT_EQ(world.process("cat.jpg"), "rendered");
        const store::ObjectId small = world.output("small-cat.jpg");
        if (is_removed) {
            ASSERT_TRUE(world.memory->remove(small, {}));
        } else {
            ASSERT_TRUE(world.memory->put(small, as_bytes("of the old cat"), {}));
        }

        ASSERT_TRUE(record_failure(old, "It died.", world.processor()));
        const auto manifest = world.manifest("cat.jpg");
        EXPECT_EQ(manifest->status, Status::failed);
        EXPECT_FALSE(manifest->failure->permanent);
        EXPECT_EQ(world.process("cat.jpg"), "rendered");
        world.expect_settled("cat.jpg");
    }
}

TEST(RecordFailure, OverAnOlderSourceRemembersWhatIsToBeRemoved) {
    World world;
    world.put("cat.jpg", "cat");
    EXPECT_EQ(world.process("cat.jpg"), "rendered");
    world.put("cat.jpg", "corrupt now");
    ASSERT_TRUE(record_failure(world.event("cat.jpg"), "It died.", world.processor()));
    const auto manifest = world.manifest("cat.jpg");
    EXPECT_EQ(manifest->obsolete, std::vector<std::string>{"small-cat.jpg"});
    EXPECT_EQ(world.process("cat.jpg"), "failed");
    world.expect_settled("cat.jpg");
}

TEST(RecordFailure, SaysNothingOfASourceThatIsGoneOrNewer) {
    World world;
    world.put("cat.jpg", "cat");
    const store::ObjectEvent old = world.event("cat.jpg");
    world.put("cat.jpg", "newer cat");
    ASSERT_TRUE(record_failure(old, "It died.", world.processor()));
    EXPECT_TRUE(world.outputs().empty());
    world.remove("cat.jpg");
    ASSERT_TRUE(record_failure(old, "It died.", world.processor()));
    ASSERT_TRUE(record_failure(world.event("cat.jpg"), "It died.", world.processor()));
    EXPECT_TRUE(world.outputs().empty());
}

TEST(RecordFailure, LosesToAProcessorThatIsReadyMeanwhile) {
    World world;
    world.put("cat.jpg", "cat");
    const store::ObjectEvent event = world.event("cat.jpg");
    world.faulty.before = [&](const store::Step& step) {
        if (step.call != store::Call::put) return store::ok();
        world.faulty.before = nullptr;
        EXPECT_EQ(world.process("cat.jpg"), "rendered");
        return store::ok();
    };
    ASSERT_TRUE(record_failure(event, "It died.", world.processor()));
    world.expect_settled("cat.jpg");
}

}  // namespace
}  // namespace imagemill::functions
