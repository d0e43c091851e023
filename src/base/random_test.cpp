#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace imagemill {
namespace {

TEST(Random, IdsHaveTheirFormAndDiffer) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(random_uuid());

    EXPECT_EQ(seen.size(), 1000U);
    for (const std::string& id : seen) {
        ASSERT_EQ(id.size(), 36U);
        for (const std::size_t at : {8U, 13U, 18U, 23U}) EXPECT_EQ(id[at], '-') << id;
        EXPECT_EQ(id[14], '4') << id;
        EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    }
}

TEST(Random, HexHasTwoDigitsAByte) {
    EXPECT_EQ(random_hex(16).size(), 32U);
    EXPECT_NE(random_hex(16), random_hex(16));
}

}  // namespace
}  // namespace imagemill
