#include "image/lane/turn_plane.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace imagemill::image {
namespace {

// A picture of 3×2 letters, turned.
std::vector<std::string> turned(int orientation) {
    const std::vector<std::string> stored{"abc", "def"};
    Plane from = make_plane(3, 2, 3, 2);
    for (int y = 0; y < 2; ++y) {
        for (int x = 0; x < 3; ++x) {
            from.row(y)[x] = static_cast<std::uint8_t>(
                stored[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)]);
        }
    }
    const Turn how = turn_of(orientation);
    const int width = how.swaps ? 2 : 3;
    const int height = how.swaps ? 3 : 2;
    Plane to = make_plane(width, height, width, height);
    turn(view_of(from, 0, 0, 3, 2), how, view_of(to, 0, 0, width, height));
    std::vector<std::string> rows;
    for (int y = 0; y < height; ++y) {
        rows.emplace_back(reinterpret_cast<const char*>(to.row(y)),
                          static_cast<std::size_t>(width));
    }
    return rows;
}

using Letters = std::vector<std::string>;

TEST(Orientation, TurnsAsExifSays) {
    EXPECT_EQ(turned(1), (Letters{"abc", "def"}));
    EXPECT_EQ(turned(2), (Letters{"cba", "fed"}));
    EXPECT_EQ(turned(3), (Letters{"fed", "cba"}));
    EXPECT_EQ(turned(4), (Letters{"def", "abc"}));
    EXPECT_EQ(turned(5), (Letters{"ad", "be", "cf"}));
    EXPECT_EQ(turned(6), (Letters{"da", "eb", "fc"}));
    EXPECT_EQ(turned(7), (Letters{"fc", "eb", "da"}));
    EXPECT_EQ(turned(8), (Letters{"cf", "be", "ad"}));
}

TEST(Orientation, TurnsAcrossTileEdges) {
    constexpr int kSide = 70;
    Plane from = make_plane(kSide, kSide, kSide, kSide);
    for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide; ++x) from.row(y)[x] = static_cast<std::uint8_t>(3 * x + 7 * y);
    }
    Plane to = make_plane(kSide, kSide, kSide, kSide);

    turn(view_of(from, 0, 0, kSide, kSide), turn_of(5), view_of(to, 0, 0, kSide, kSide));

    for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide; ++x) ASSERT_EQ(to.row(y)[x], from.row(x)[y]);
    }
}

}  // namespace
}  // namespace imagemill::image
