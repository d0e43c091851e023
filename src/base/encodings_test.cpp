#include "base/encodings.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace imagemill {
namespace {

TEST(Encodings, Base64AgreesWithRfc4648) {
    const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                        {"f", "Zg=="},
                                                        {"fo", "Zm8="},
                                                        {"foo", "Zm9v"},
                                                        {"foob", "Zm9vYg=="},
                                                        {"fooba", "Zm9vYmE="},
                                                        {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : rows) {
        EXPECT_EQ(format_base64(as_bytes(plain)), encoded);
        EXPECT_EQ(as_text(*parse_base64(encoded)), plain);
    }
}

TEST(Encodings, Base64TakesLineBreaksAndMissingPadding) {
    EXPECT_EQ(as_text(*parse_base64("Zm9v\r\nYg")), "foob");
}

TEST(Encodings, Base64TakesSpaceWhereverItStands) {
    const Buffer bytes = random_bytes(30);
    const std::string text = format_base64(bytes);
    for (std::size_t at = 0; at <= text.size(); ++at) {
        EXPECT_EQ(*parse_base64(std::string(text).insert(at, "\r\n")), bytes) << at;
        const auto wrong = parse_base64(std::string(text).insert(at, "!"));
        ASSERT_FALSE(wrong) << at;
        EXPECT_EQ(wrong.error().message,
                  "Not a base64 character at position " + std::to_string(at) + ".");
    }
}

TEST(Encodings, Base64RefusesWhatDoesNotBelong) {
    for (const char* text : {"Z", "Zg=", "Zg===", "Zg==Zg==", "Zm9*", "====", "Zm9vY==="}) {
        EXPECT_FALSE(parse_base64(text)) << text;
    }
    EXPECT_NE(parse_base64("Zm9*").error().message.find("position 3"), std::string::npos);
}

TEST(Encodings, HexAndBase64BringRandomBytesBack) {
    for (std::size_t size = 0; size < 70; ++size) {
        const Buffer bytes = random_bytes(size);
        EXPECT_EQ(*parse_hex(format_hex(bytes)), bytes);
        EXPECT_EQ(*parse_base64(format_base64(bytes)), bytes);
    }
}

// As RFC 4648 has it, one character after the other.
std::string base64_by_bits(Bytes bytes) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 6) {
        unsigned value = 0;
        for (std::size_t i = bit; i < bit + 6; ++i) {
            const unsigned byte =
                i / 8 < bytes.size() ? std::to_integer<unsigned>(bytes[i / 8]) : 0;
            value = value << 1 | (byte >> (7 - i % 8) & 1);
        }
        text += kAlphabet[value];
    }
    while (text.size() % 4 != 0) text += '=';
    return text;
}

TEST(Encodings, Base64OfAnyLengthIsThatOfTheBits) {
    for (std::size_t size = 0; size <= 256; ++size) {
        const Buffer bytes = random_bytes(size);
        const std::string text = base64_by_bits(bytes);
        ASSERT_EQ(format_base64(bytes), text);
        ASSERT_EQ(*parse_base64(text), bytes) << text;
    }
}

TEST(Encodings, Base64KnowsEachOfTheCharactersThatAreNone) {
    const std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::string plain(128, 'A');
    for (int c = 0; c < 256; ++c) {
        const auto character = static_cast<char>(c);
        if (std::string_view(" \t\r\n=").find(character) != std::string_view::npos) continue;
        for (const std::size_t at : {std::size_t{0}, std::size_t{31}, std::size_t{45}}) {
            std::string text = plain;
            text[at] = character;
            const bool is_of_alphabet = alphabet.find(character) != std::string_view::npos;
            ASSERT_EQ(parse_base64(text).has_value(), is_of_alphabet) << c << " at " << at;
        }
    }
}

TEST(Encodings, HexRefusesOddLengthsAndOtherLetters) {
    EXPECT_FALSE(parse_hex("abc"));
    EXPECT_FALSE(parse_hex("zz"));
    EXPECT_EQ(parse_hex("aBcD")->size(), 2U);
}

TEST(Encodings, PercentEncodesAsAwsDoes) {
    EXPECT_EQ(percent_encode("a b+ü/~%", Slash::keep), "a%20b%2B%C3%BC/~%25");
    EXPECT_EQ(percent_encode("a/b", Slash::encode), "a%2Fb");
}

TEST(Encodings, PercentDecodesOnceAndKeepsPlus) {
    EXPECT_EQ(*percent_decode("a%2520b+c"), "a%20b+c");
    EXPECT_FALSE(percent_decode("100%"));
    EXPECT_FALSE(percent_decode("%4"));
    EXPECT_FALSE(percent_decode("%zz"));
}

TEST(Encodings, FormsWriteASpaceAsPlus) {
    // AWS's own example: "red flower.jpg" is red+flower.jpg in an event.
    EXPECT_EQ(form_encode("red flower.jpg"), "red+flower.jpg");
    EXPECT_EQ(form_encode("a+b"), "a%2Bb");
    EXPECT_EQ(*form_decode("red+flower%2B.jpg"), "red flower+.jpg");
}

TEST(Encodings, KnowsUtf8) {
    for (const char* text : {"", "plain", "ü", "日本", "🐈", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_TRUE(is_utf8(text)) << text;
    }
    for (const char* text :
         {"\x80", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "a\xFF"}) {
        EXPECT_FALSE(is_utf8(text)) << text;
    }
}

TEST(Encodings, CutsBetweenCharacters) {
    EXPECT_EQ(utf8_prefix("aü", 2), "a");
    EXPECT_EQ(utf8_prefix("aü", 3), "aü");
    EXPECT_EQ(utf8_prefix("日本", 4), "日");
}

TEST(Encodings, MakesWhatAStrangerWrotePrintable) {
    EXPECT_EQ(printable("a ü 日", 10), "a ü 日");
    EXPECT_EQ(printable("a\nb\x7f\xff\xC3", 10), "a?b???");
    EXPECT_EQ(printable(std::string_view("\0x", 2), 10), "?x");
    EXPECT_EQ(printable("aüb", 2), "a…");
}

TEST(Encodings, ComparesNamesWithoutCase) {
    EXPECT_TRUE(equal_ignoring_case("Content-Type", "content-TYPE"));
    EXPECT_FALSE(equal_ignoring_case("ETag", "ETags"));
}

TEST(Encodings, TrimsSpacesAndTabs) {
    EXPECT_EQ(trim(" \t a b \t"), "a b");
    EXPECT_EQ(trim(" \t "), "");
}

TEST(Encodings, CountsAreDigitsOnly) {
    EXPECT_EQ(*parse_count("0"), 0);
    EXPECT_EQ(*parse_count("9223372036854775807"), INT64_MAX);
    for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808"}) {
        EXPECT_FALSE(parse_count(text)) << text;
    }
}

}  // namespace
}  // namespace imagemill
