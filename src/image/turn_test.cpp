#include "image/turn.h"

#include <gtest/gtest.h>

namespace imagemill::image {
namespace {

TEST(Turn, UndoneIsNone) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
        const Turn turn = turn_of(orientation);
        EXPECT_EQ(orientation_of(turn), orientation);
        EXPECT_TRUE(then(turn, inverse(turn)).is_none()) << orientation;
        EXPECT_TRUE(then(inverse(turn), turn).is_none()) << orientation;
    }
}

TEST(Turn, OneAfterTheOtherMovesAPartAsBothDo) {
    const Size whole{7, 5};
    const Rect part{1, 2, 3, 2};
    for (int a = 1; a <= 8; ++a) {
        for (int b = 1; b <= 8; ++b) {
            const Turn first = turn_of(a), second = turn_of(b);
            const Rect moved = turned(turned(part, whole, first), turned(whole, first), second);
            EXPECT_EQ(turned(part, whole, then(first, second)), moved) << a << " then " << b;
        }
    }
}

TEST(Turn, FourQuartersAreNone) {
    Turn turn;
    for (int i = 0; i < 4; ++i) turn = then(turn, turn_by(90));
    EXPECT_TRUE(turn.is_none());
    EXPECT_EQ(then(turn_by(90), turn_by(180)), turn_by(270));
    EXPECT_EQ(then(turn_by(Flip::horizontal), turn_by(Flip::vertical)), turn_by(180));
    EXPECT_EQ(turn_by(Flip::both), turn_by(180));
}

}  // namespace
}  // namespace imagemill::image
