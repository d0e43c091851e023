#include "base/crc.h"

#include <gtest/gtest.h>

#include <string>

#include "base/encodings.h"

namespace imagemill {
namespace {

Buffer sum(const CrcKind& kind, std::string_view text) {
    Crc crc(kind);
    crc.update(as_bytes(text));
    return crc.finish();
}

std::string many_bytes(std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(i * 131 + i / 7);
    return text;
}

TEST(Crc, GivesTheCatalogueValues) {
    EXPECT_EQ(format_hex(sum(kCrc32, "123456789")), "cbf43926");
    EXPECT_EQ(format_hex(sum(kCrc32c, "123456789")), "e3069283");
    EXPECT_EQ(format_hex(sum(kCrc64Nvme, "123456789")), "ae8b14860a799888");
    EXPECT_EQ(format_hex(sum(kCrc64Nvme, "")), "0000000000000000");
}

TEST(Crc, DoesNotDependOnHowTheBytesCome) {
    const std::string text = many_bytes(1000);
    for (const CrcKind* kind : {&kCrc32, &kCrc32c, &kCrc64Nvme}) {
        for (const std::size_t piece : {1U, 3U, 7U, 8U, 9U, 100U}) {
            Crc crc(*kind);
            for (std::size_t at = 0; at < text.size(); at += piece) {
                crc.update(as_bytes(std::string_view(text).substr(at, piece)));
            }
            EXPECT_EQ(crc.finish(), sum(*kind, text)) << piece;
        }
    }
}

TEST(Crc, FoldedIsAsByTables) {
    const std::string text = many_bytes(1000);
    for (const CrcKind* kind : {&kCrc32, &kCrc32c, &kCrc64Nvme}) {
        for (std::size_t size = 0; size <= text.size(); ++size) {
            Crc plain(*kind);
            plain.update_by_tables(as_bytes(std::string_view(text).substr(0, size)));
            ASSERT_EQ(sum(*kind, std::string_view(text).substr(0, size)), plain.finish()) << size;
        }
    }
}

TEST(Crc, OfTwoRunsIsThatOfTheWhole) {
    const std::string text = many_bytes(70'000);
    const std::string_view whole = text;
    for (const CrcKind* kind : {&kCrc32, &kCrc32c, &kCrc64Nvme}) {
        for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{65'536},
                                     std::size_t{69'999}, text.size()}) {
            const std::string_view b = whole.substr(at);
            const Buffer both = combine(*kind, sum(*kind, whole.substr(0, at)), sum(*kind, b),
                                        static_cast<std::int64_t>(b.size()));
            EXPECT_EQ(both, sum(*kind, whole)) << at;
        }
    }
}

}  // namespace
}  // namespace imagemill
