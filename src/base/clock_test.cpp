#include "base/clock.h"

#include <gtest/gtest.h>

namespace imagemill {
namespace {

const Time kExample = Time(Milliseconds(1'369'353'600'123));  // 2013-05-24T00:00:00.123Z

TEST(Clock, WritesTheThreeForms) {
    EXPECT_EQ(format_rfc3339(kExample), "2013-05-24T00:00:00.123Z");
    EXPECT_EQ(format_iso_basic(kExample), "20130524T000000Z");
    EXPECT_EQ(format_http_date(kExample), "Fri, 24 May 2013 00:00:00 GMT");
}

TEST(Clock, ReadsWhatItWrites) {
    EXPECT_EQ(*parse_rfc3339(format_rfc3339(kExample)), kExample);
    EXPECT_EQ(*parse_iso_basic(format_iso_basic(kExample)), kExample - Milliseconds(123));
    EXPECT_EQ(*parse_http_date(format_http_date(kExample)), kExample - Milliseconds(123));
}

TEST(Clock, ReadsFractionsOfAnyLength) {
    EXPECT_EQ(*parse_rfc3339("2013-05-24T00:00:00Z"), kExample - Milliseconds(123));
    EXPECT_EQ(*parse_rfc3339("2013-05-24T00:00:00.1Z"), kExample - Milliseconds(23));
    EXPECT_EQ(*parse_rfc3339("2013-05-24T00:00:00.123999Z"), kExample);
}

TEST(Clock, KnowsLeapDays) {
    EXPECT_TRUE(parse_rfc3339("2024-02-29T12:00:00Z"));
    EXPECT_FALSE(parse_rfc3339("2023-02-29T12:00:00Z"));
}

TEST(Clock, RefusesWhatIsNoTime) {
    for (const char* text :
         {"", "2013", "2013-05-24", "2013-05-24T00:00:00", "2013-13-24T00:00:00Z",
          "2013-05-24T24:00:00Z", "2013-05-24T00:00:00.Z", "2013-05-24T00:00:00+00:00",
          "x013-05-24T00:00:00Z", "2013-05-24T00:00:00.12x4Z"}) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
    for (const char* text : {"", "20130524T000000", "20130524 000000Z", "20131324T000000Z"}) {
        EXPECT_FALSE(parse_iso_basic(text)) << text;
    }
    for (const char* text : {"", "Fri, 24 May 2013 00:00:00", "Fri, 24 Mai 2013 00:00:00 GMT",
                             "Fri, 32 May 2013 00:00:00 GMT"}) {
        EXPECT_FALSE(parse_http_date(text)) << text;
    }
}

TEST(Clock, AFakeOneMovesWhenToldAndWhenSleptOn) {
    FakeClock clock(kExample);

    clock.advance(Milliseconds(10));
    clock.sleep_for(Milliseconds(5));

    EXPECT_EQ(clock.now(), kExample + Milliseconds(15));
}

TEST(Clock, TheSystemsDoesNotGoBack) {
    const SteadyTime before = system_clock().steady();
    EXPECT_GE(system_clock().steady(), before);
}

}  // namespace
}  // namespace imagemill
