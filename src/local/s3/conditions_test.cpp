#include "local/s3/conditions.h"

#include <gtest/gtest.h>

namespace imagemill::local::s3 {
namespace {

constexpr const char* kBefore = "Tue, 01 Dec 2026 11:59:59 GMT";
constexpr const char* kModified = "Tue, 01 Dec 2026 12:00:00 GMT";
constexpr const char* kAfter = "Tue, 01 Dec 2026 12:00:01 GMT";
constexpr const char* kNow = "Tue, 01 Dec 2026 12:30:00 GMT";
constexpr const char* kFuture = "Tue, 01 Dec 2026 13:00:00 GMT";

Time at(const char* date) {
    return *parse_http_date(date);
}

ReadVerdict read(const http::Headers& headers) {
    return check_read(headers, "abc", at(kModified), at(kNow));
}

TEST(Conditions, OfAReadAreJudgedAsHttpSays) {
    const struct {
        http::Headers headers;
        Verdict verdict;
    } rows[] = {
        {{}, Verdict::serve},
        {{{"If-Match", "\"abc\""}}, Verdict::serve},
        {{{"If-Match", "abc"}}, Verdict::serve},
        {{{"If-Match", "*"}}, Verdict::serve},
        {{{"If-Match", "\"x\", \"abc\""}}, Verdict::serve},
        {{{"If-Match", "\"x\""}}, Verdict::failed},
        {{{"If-Match", "W/\"abc\""}}, Verdict::failed},
        {{{"If-None-Match", "\"x\""}}, Verdict::serve},
        {{{"If-None-Match", "\"abc\""}}, Verdict::not_modified},
        {{{"If-None-Match", "W/\"abc\""}}, Verdict::not_modified},
        {{{"If-None-Match", "*"}}, Verdict::not_modified},
        {{{"If-Modified-Since", kBefore}}, Verdict::serve},
        {{{"If-Modified-Since", kModified}}, Verdict::not_modified},
        {{{"If-Modified-Since", kAfter}}, Verdict::not_modified},
        {{{"If-Modified-Since", kFuture}}, Verdict::serve},
        {{{"If-Modified-Since", "yesterday"}}, Verdict::serve},
        {{{"If-Unmodified-Since", kBefore}}, Verdict::failed},
        {{{"If-Unmodified-Since", kModified}}, Verdict::serve},
        {{{"If-Unmodified-Since", kAfter}}, Verdict::serve},
        {{{"If-Match", "\"abc\""}, {"If-Unmodified-Since", kBefore}}, Verdict::serve},
        {{{"If-None-Match", "\"abc\""}, {"If-Modified-Since", kBefore}}, Verdict::not_modified},
        {{{"If-None-Match", "\"x\""}, {"If-Modified-Since", kAfter}}, Verdict::serve},
        {{{"If-Match", "\"x\""}, {"If-None-Match", "\"abc\""}}, Verdict::failed},
    };
    int number = 0;
    for (const auto& row : rows) {
        EXPECT_EQ(read(row.headers).verdict, row.verdict) << "row " << number;
        ++number;
    }
}

TEST(Conditions, NameTheHeaderThatFailed) {
    EXPECT_EQ(read({{"If-Match", "\"x\""}}).condition, "If-Match");
    EXPECT_EQ(read({{"If-Unmodified-Since", kBefore}}).condition, "If-Unmodified-Since");
}

TEST(Conditions, KeepARangeToTheObjectItWasMeantFor) {
    const auto holds = [](const char* validator) {
        return if_range_holds({{"If-Range", validator}}, "abc", at(kModified));
    };
    EXPECT_TRUE(if_range_holds({}, "abc", at(kModified)));
    EXPECT_TRUE(holds("\"abc\""));
    EXPECT_TRUE(holds(kModified));
    EXPECT_FALSE(holds("\"x\""));
    EXPECT_FALSE(holds("W/\"abc\""));
    EXPECT_FALSE(holds(kBefore));
}

TEST(Conditions, OfAWriteAreAnEtagOrThatThereIsNone) {
    auto none = parse_write_conditions({});
    ASSERT_TRUE(none);
    EXPECT_EQ(none->if_match, "");
    EXPECT_FALSE(none->if_none_match);
    auto quoted = parse_write_conditions({{"If-Match", "\"abc\""}});
    ASSERT_TRUE(quoted);
    EXPECT_EQ(quoted->if_match, "abc");
    auto bare = parse_write_conditions({{"If-Match", "abc"}});
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->if_match, "abc");
    auto absent = parse_write_conditions({{"If-None-Match", "*"}});
    ASSERT_TRUE(absent);
    EXPECT_TRUE(absent->if_none_match);
}

TEST(Conditions, OfAWriteThatS3DoesNotTakeAreRefusedByName) {
    const struct {
        http::Headers headers;
        const char* header;
    } rows[] = {
        {{{"If-None-Match", "\"abc\""}}, "If-None-Match"},
        {{{"If-None-Match", ""}}, "If-None-Match"},
        {{{"If-Match", "*"}}, "If-Match"},
        {{{"If-Match", ""}}, "If-Match"},
        {{{"If-Match", "\"\""}}, "If-Match"},
        {{{"If-Match", "abc"}, {"If-None-Match", "*"}}, "If-Match,If-None-Match"},
        {{{"If-Unmodified-Since", kModified}}, "If-Unmodified-Since"},
    };
    for (const auto& row : rows) {
        auto conditions = parse_write_conditions(row.headers);
        ASSERT_FALSE(conditions) << row.header;
        EXPECT_EQ(conditions.error().status, 501);
        EXPECT_EQ(conditions.error().details.front().second, row.header);
    }
}

}  // namespace
}  // namespace imagemill::local::s3
