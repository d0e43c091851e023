#include "store/memory_store.h"

#include <gtest/gtest.h>

#include "store/faulty_store.h"
#include "store/store_conformance.h"

namespace imagemill::store {
namespace {

constexpr Time kStart = Time(Milliseconds(1'767'225'600'789));

class MemoryUnderTest final : public StoreUnderTest {
  public:
    ObjectStore& store() override { return *store_; }

  private:
    FakeClock clock_ = FakeClock(kStart);
    std::unique_ptr<ObjectStore> store_ = make_memory_store(clock_, {"source", "destination"});
};

std::unique_ptr<StoreUnderTest> make_memory() {
    return std::make_unique<MemoryUnderTest>();
}

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance,
                         testing::Values(StoreCase{"memory", &make_memory}), case_name);

class FaultyUnderTest final : public StoreUnderTest {
  public:
    ObjectStore& store() override { return *store_; }

  private:
    FakeClock clock_ = FakeClock(kStart);
    std::unique_ptr<ObjectStore> inner_ = make_memory_store(clock_, {"source", "destination"});
    std::unique_ptr<ObjectStore> store_ = std::make_unique<FaultyStore>(*inner_);
};

TEST(MemoryStore, BothConditionsAtOnceAreUnsupported) {
    FakeClock clock(kStart);
    const auto store = make_memory_store(clock, {"source"});
    const auto etag =
        store->put({"source", "a"}, as_bytes("x"), {.if_match = "0123", .if_none_match = true});
    ASSERT_FALSE(etag);
    EXPECT_EQ(etag.error().code, Code::unsupported);
}

TEST(MemoryStore, RefusesKeysThatAreNone) {
    FakeClock clock(kStart);
    const auto store = make_memory_store(clock, {"source"});
    for (const std::string key : {"", "\xff.jpg"}) {
        const auto etag = store->put({"source", key}, as_bytes("x"), {});
        ASSERT_FALSE(etag);
        EXPECT_EQ(etag.error().code, Code::invalid_argument);
    }
}

TEST(MemoryStore, ModifiedFollowsTheClock) {
    FakeClock clock(kStart);
    const auto store = make_memory_store(clock, {"source"});
    ASSERT_TRUE(store->put({"source", "a"}, as_bytes("x"), {}));
    clock.advance(Milliseconds(5000));
    ASSERT_TRUE(store->put({"source", "b"}, as_bytes("x"), {}));
    const Time first = store->head({"source", "a"})->modified;
    EXPECT_EQ(first, std::chrono::floor<std::chrono::seconds>(kStart));
    EXPECT_EQ(store->head({"source", "b"})->modified - first, Milliseconds(5000));
}

TEST(MemoryStore, APresignedUrlShowsItsOptions) {
    FakeClock clock(kStart);
    const auto store = make_memory_store(clock, {"source"});
    const auto url = store->presign_get(
        {"source", "a b"}, {.seconds = 60, .content_disposition = "inline", .content_type = "x/y"});
    ASSERT_TRUE(url);
    EXPECT_EQ(url->url,
              "memory://source/a%20b?expires=60&response-content-disposition=inline"
              "&response-content-type=x%2Fy");
    EXPECT_EQ(url->expires, kStart + Milliseconds(60'000));
}

TEST(FaultyStore, BreaksBeforeOrAfterTheCall) {
    FakeClock clock(kStart);
    const auto inner = make_memory_store(clock, {"source"});
    FaultyStore store(*inner);
    store.before = crash_at(0);
    EXPECT_FALSE(store.put({"source", "a"}, as_bytes("x"), {}));
    EXPECT_FALSE(inner->head({"source", "a"}));

    store.before = nullptr;
    store.after = crash_at(0);
    EXPECT_FALSE(store.put({"source", "a"}, as_bytes("x"), {}));
    EXPECT_TRUE(inner->head({"source", "a"}));

    store.after = nullptr;
    EXPECT_TRUE(store.head({"source", "a"}));
    EXPECT_EQ(store.steps().size(), 3U);
    EXPECT_EQ(store.steps().back().call, Call::head);
}

TEST(FaultyStore, ASeedGivesTheSameFaultsAgain) {
    Hook first = seeded_faults(7, 3);
    Hook second = seeded_faults(7, 3);
    int faults = 0;
    for (int i = 0; i < 300; ++i) {
        const bool failed = first({.index = i}).has_value();
        EXPECT_EQ(failed, second({.index = i}).has_value());
        faults += failed ? 1 : 0;
    }
    EXPECT_GT(faults, 50);
    EXPECT_LT(faults, 150);
}

std::unique_ptr<StoreUnderTest> make_faulty() {
    return std::make_unique<FaultyUnderTest>();
}

INSTANTIATE_TEST_SUITE_P(Faultless, StoreConformance,
                         testing::Values(StoreCase{"faultless", &make_faulty}), case_name);

}  // namespace
}  // namespace imagemill::store
