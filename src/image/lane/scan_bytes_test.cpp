#include "image/lane/scan_bytes.h"

#include <gtest/gtest.h>

#include <random>
#include <string_view>
#include <vector>

namespace imagemill::image {
namespace {

using std::string_view_literals::operator""sv;

// All bytes up to the marker or the end.
std::vector<int> read_all(ScanBytes& scan) {
    std::vector<int> bytes;
    while (scan.fill_if_low()) {
        scan.bits.refill();
        bytes.push_back(static_cast<int>(scan.bits.take(8)));
        if (scan.ran_out()) {
            bytes.pop_back();
            break;
        }
    }
    return bytes;
}

std::vector<int> read_all(std::string_view text) {
    ScanBytes scan(as_bytes(text));
    return read_all(scan);
}

TEST(ScanBytes, TakesOutStuffedZerosAndEndsAtAMarker) {
    EXPECT_EQ(read_all("ab\xFF\x00"
                       "c\xFF\xD9"
                       "d"sv),
              (std::vector<int>{'a', 'b', 0xFF, 'c'}));
    EXPECT_EQ(read_all("a\xFF\xFF\xFF\xD9"sv), std::vector<int>{'a'});
    EXPECT_EQ(read_all("a\xFF"sv), std::vector<int>{'a'});
    EXPECT_TRUE(read_all(""sv).empty());
}

TEST(ScanBytes, ReadsOverTheEndsOfItsWindow) {
    std::mt19937 random(3);
    std::string stuffed;
    std::vector<int> wanted;
    for (int i = 0; i < 200'000; ++i) {
        const auto byte = static_cast<unsigned char>(random() % 8 == 0 ? 0xFF : random());
        wanted.push_back(byte);
        stuffed += static_cast<char>(byte);
        if (byte == 0xFF) stuffed += '\0';
    }

    EXPECT_EQ(read_all(stuffed), wanted);
}

TEST(ScanBytes, GoesOnAfterTheRestartMarkerThatIsNext) {
    ScanBytes scan(
        as_bytes("a\xFF\xD0"
                 "b\xFF\xD1"
                 "c\xFF\xD9"sv));

    EXPECT_EQ(read_all(scan), std::vector<int>{'a'});
    ASSERT_TRUE(scan.restart(0));
    EXPECT_EQ(read_all(scan), std::vector<int>{'b'});
    EXPECT_FALSE(scan.restart(2));
    ASSERT_TRUE(scan.restart(1));
    EXPECT_EQ(read_all(scan), std::vector<int>{'c'});
    EXPECT_FALSE(scan.restart(2));
}

TEST(ScanBytes, TakesAnyNumberOfBits) {
    ScanBytes scan(as_bytes("\x80\x01\xFF\x00\x0F\xF0\x55\xAA"sv));
    scan.bits.refill();

    EXPECT_EQ(scan.bits.take(0), 0U);
    EXPECT_EQ(scan.bits.take(1), 1U);
    EXPECT_EQ(scan.bits.take(15), 1U);
    EXPECT_EQ(scan.bits.peek(4), 15U);
    EXPECT_EQ(scan.bits.take(32), 0xFF0FF055U);
    EXPECT_FALSE(scan.ran_out());
    scan.bits.refill();
    EXPECT_EQ(scan.bits.take(9), 0xAAU << 1);
    EXPECT_TRUE(scan.ran_out());
}

}  // namespace
}  // namespace imagemill::image
