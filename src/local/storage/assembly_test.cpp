#include "local/storage/assembly.h"

#include <gtest/gtest.h>

namespace imagemill::local {
namespace {

constexpr std::int64_t kSlot = 10;

PartRow slot(int number, std::int64_t size = kSlot) {
    return {
        .part = {.number = number, .etag = "", .size_bytes = size, .modified = {}, .checksum = ""},
        .file = "slots",
        .offset_bytes = (number - 1) * kSlot};
}

PartRow own(int number, std::int64_t size) {
    PartRow row = slot(number, size);
    row.file = "own" + std::to_string(number);
    row.offset_bytes = 0;
    return row;
}

// "in place 25: own2 0>10 10": what is moved from where to where.
std::string planned(const std::vector<PartRow>& rows, Slots slots = Slots::free_to_take) {
    const AssemblyPlan plan = plan_assembly(rows, "slots", slots);
    std::string text = (plan.is_in_place ? "in place " : "anew ") + std::to_string(plan.size_bytes);
    for (const AssemblyPlan::Move& move : plan.moves) {
        text += "; " + move.file + " " + std::to_string(move.source_bytes) + ">" +
                std::to_string(move.target_bytes) + " " + std::to_string(move.size_bytes);
    }
    return text;
}

TEST(Assembly, PartsOfOneSizeAreWhereTheyBelong) {
    EXPECT_EQ(planned({slot(1), slot(2), slot(3, 5)}), "in place 25");
    EXPECT_EQ(planned({slot(1, 5)}), "in place 5");
}

TEST(Assembly, APartThatLiesElsewhereIsAllThatIsMoved) {
    EXPECT_EQ(planned({slot(1), own(2, 10), slot(3)}), "in place 30; own2 0>10 10");
    EXPECT_EQ(planned({own(1, 10), slot(2, 3)}), "in place 13; own1 0>0 10");
}

TEST(Assembly, WhatDoesNotLieSoIsMadeAnew) {
    EXPECT_EQ(planned({slot(1), slot(3)}), "anew 20; slots 0>0 10; slots 20>10 10");
    EXPECT_EQ(planned({slot(1, 5), slot(2)}), "anew 15; slots 0>0 5; slots 10>5 10");
    EXPECT_EQ(planned({own(1, 3), slot(2)}), "anew 13; own1 0>0 3; slots 10>3 10");
    EXPECT_EQ(planned({own(1, 3), own(2, 0)}), "anew 3; own1 0>0 3; own2 0>3 0");
}

TEST(Assembly, SlotsThatHoldOtherThingsStayAsTheyAre) {
    EXPECT_EQ(planned({slot(1), slot(2)}, Slots::to_be_left),
              "anew 20; slots 0>0 10; slots 10>10 10");
}

}  // namespace
}  // namespace imagemill::local
