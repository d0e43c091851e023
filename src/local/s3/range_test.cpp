#include "local/s3/range.h"

#include <gtest/gtest.h>

namespace imagemill::local::s3 {
namespace {

const Range kWhole{RangeKind::whole, {0, 10}};
const Range kUnsatisfiable{RangeKind::unsatisfiable, {}};

Range part(std::int64_t offset, std::int64_t length) {
    return {RangeKind::part, {offset, length}};
}

TEST(Range, IsReadAsS3ReadsItOfTenBytes) {
    const struct {
        const char* header;
        Range range;
    } rows[] = {
        {"bytes=0-8", part(0, 9)},
        {"bytes=1-1", part(1, 1)},
        {"bytes=1-", part(1, 9)},
        {"bytes=0-0", part(0, 1)},
        {"bytes=0-9", part(0, 10)},
        {"bytes=9-", part(9, 1)},
        {"bytes=-2", part(8, 2)},
        {"bytes=-10", part(0, 10)},
        {"bytes=-15", part(0, 10)},
        {"bytes=0-100", part(0, 10)},
        {"bytes=5-99999999999999999999", part(5, 5)},
        {"bytes=-99999999999999999999", part(0, 10)},
        {"Bytes=2-3", part(2, 2)},
        {"", kWhole},
        {"bytes=1-0", kWhole},
        {"bytes=-1-", kWhole},
        {"bytes=0--1", kWhole},
        {"bytes=-", kWhole},
        {"bytes=", kWhole},
        {"bytes", kWhole},
        {"bytes=a-b", kWhole},
        {"bytes=+1-2", kWhole},
        {"chars=0-1", kWhole},
        {"bytes=0-1,3-4", kWhole},
        {"bytes=-0", kUnsatisfiable},
        {"bytes=10-", kUnsatisfiable},
        {"bytes=10-10", kUnsatisfiable},
        {"bytes=100-200", kUnsatisfiable},
        {"bytes=99999999999999999999-", kUnsatisfiable},
    };
    for (const auto& row : rows) EXPECT_EQ(parse_range(row.header, 10), row.range) << row.header;
}

TEST(Range, HasNoPartOfAnEmptyObject) {
    EXPECT_EQ(parse_range("", 0), (Range{RangeKind::whole, {0, 0}}));
    EXPECT_EQ(parse_range("bytes=0-", 0), kUnsatisfiable);
    EXPECT_EQ(parse_range("bytes=-1", 0), kUnsatisfiable);
}

}  // namespace
}  // namespace imagemill::local::s3
