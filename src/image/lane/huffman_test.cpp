#include "image/lane/huffman.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace imagemill::image {
namespace {

// A table as JPEG files hold it.
struct Table {
    std::vector<unsigned char> counts;
    std::vector<unsigned char> symbols;

    bool build(HuffmanTable& table, CodeKind kind = CodeKind::ac) const {
        return table.build(kind, std::as_bytes(std::span(counts)),
                           std::as_bytes(std::span(symbols)));
    }
};

// T.81 table K.5 in small: 1 bit, 2, 3, ... up to 12, then some of 16.
const Table kSteep{
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 3},
    {0x01, 0x02, 0x00, 0x11, 0x03, 0x21, 0xF0, 0x31, 0x04, 0x12, 0x41, 0x05, 0x0A, 0xFA, 0x51}};

TEST(Huffman, FindsCodesOfEveryLength) {
    HuffmanTable table;
    ASSERT_TRUE(kSteep.build(table));

    const Symbol first = table.find(0);
    EXPECT_EQ(first.length, 1);
    EXPECT_EQ(first.size, 1);
    EXPECT_EQ(first.bits, 2);
    const Symbol twelfth = table.find(0xFFE0000000000000);
    EXPECT_EQ(twelfth.length, 12);
    EXPECT_EQ(twelfth.size, 5);
    const Symbol last = table.find(0xFFF2000000000000);
    EXPECT_EQ(last.length, 16);
    EXPECT_EQ(last.advance, 5);
    EXPECT_EQ(table.find(0xFFFF000000000000).advance, kNoCode);
}

TEST(Huffman, EndOfBlockAndZerosAdvanceAsTheyShould) {
    HuffmanTable table;
    ASSERT_TRUE(kSteep.build(table));

    const Symbol end = table.find(0xC000000000000000);
    EXPECT_EQ(end.advance, kEndOfBlock);
    EXPECT_EQ(end.bits, 3);
    const Symbol zeros = table.find(0xFC00000000000000);
    EXPECT_EQ(zeros.advance, 15);
    EXPECT_EQ(zeros.size, 0);
    EXPECT_EQ(zeros.value(0xFC00000000000000), 0);
}

TEST(Huffman, ValuesHaveTheirSign) {
    const auto value = [](int size, std::uint64_t bits) {
        const Symbol symbol{.bits = 0, .length = 2, .size = static_cast<std::uint8_t>(size)};
        return symbol.value(bits << (62 - size));
    };
    EXPECT_EQ(value(1, 0), -1);
    EXPECT_EQ(value(1, 1), 1);
    EXPECT_EQ(value(3, 0), -7);
    EXPECT_EQ(value(3, 3), -4);
    EXPECT_EQ(value(3, 4), 4);
    EXPECT_EQ(value(15, 0x7FFF), 32767);
    EXPECT_EQ(value(0, 0), 0);
}

// A passage is what its codes are one by one, never goes past place 63 without saying so, and holds
// at least one code that fits.
TEST(Huffman, APassageIsItsCodesOneByOne) {
    HuffmanTable table;
    ASSERT_TRUE(kSteep.build(table));
    table.build_passages();
    std::mt19937_64 random(5);
    for (int i = 0; i < 20'000; ++i) {
        std::uint64_t buffer = random();
        const Passage passage = table.passage(buffer);
        int bits = 0;
        int advance = 0;
        while (bits < passage.bits) {
            const Symbol symbol = table.find(buffer << bits);
            bits += symbol.bits;
            advance += symbol.advance + 1;
        }
        const bool is_empty = passage.bits == 0;
        ASSERT_EQ(bits, passage.bits);
        ASSERT_EQ(is_empty ? kNoCode : advance, passage.advance);
        ASSERT_LE(bits, HuffmanTable::kPassBits);
        ASSERT_EQ(is_empty, table.find(buffer).bits > HuffmanTable::kPassBits ||
                                table.find(buffer).length > HuffmanTable::kLookBits);
    }
}

TEST(Huffman, RefusesCountsThatAreNoPrefixCode) {
    HuffmanTable table;
    Table crowded = kSteep;
    crowded.counts[0] = 3;
    crowded.symbols.resize(20);

    EXPECT_FALSE(crowded.build(table));
    EXPECT_FALSE(table.is_built());
}

TEST(Huffman, ADcTableKnowsWhatIsNoSize) {
    HuffmanTable table;
    ASSERT_TRUE(kSteep.build(table, CodeKind::dc));

    EXPECT_EQ(table.find(0).advance, 0);
    EXPECT_EQ(table.find(0xE000000000000000).advance, kNoCode) << "0x11";
}

}  // namespace
}  // namespace imagemill::image
