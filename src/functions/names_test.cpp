#include "functions/names.h"

#include <gtest/gtest.h>

#include <set>

#include "base/encodings.h"

namespace imagemill::functions {
namespace {

std::string clean(std::string_view name) {
    const auto cleaned = clean_name(name);
    return cleaned ? *cleaned : "! " + cleaned.error().message;
}

TEST(Names, AreCleaned) {
    const struct {
        std::string_view name;
        std::string_view cleaned;
    } kCases[] = {
        {"cat.jpg", "cat.jpg"},
        {"trips/rome/cat.jpg", "trips/rome/cat.jpg"},
        {"/a//b/cat.jpg", "a/b/cat.jpg"},
        {"./a/./cat.jpg/", "a/cat.jpg"},
        {"C:\\Users\\ann\\cat.jpg", "cat.jpg"},
        {"a b+ü%20.jpg", "a b+ü%20.jpg"},
        {"manifests/cat.jpg.json", "manifests/cat.jpg.json"},
        {"..jpg", "..jpg"},
        {"日本語.png", "日本語.png"},
        {"nbsp\u00a0.png", "nbsp\u00a0.png"},
    };
    for (const auto& [name, cleaned] : kCases) EXPECT_EQ(clean(name), cleaned) << name;
}

TEST(Names, WhatIsNoneIsRefusedWithASentence) {
    const struct {
        std::string_view name;
        std::string_view message;
    } kCases[] = {
        {"", "! The file name is empty."},
        {"///", "! The file name is empty."},
        {"./.", "! The file name is empty."},
        {"a\\", "! The file name is empty."},
        {"../../etc/passwd", "! The file name holds a \"..\" segment."},
        {"a/..", "! The file name holds a \"..\" segment."},
        {"..\\..", "! The file name holds a \"..\" segment."},
        {"a\nb.jpg", "! The file name holds a control character."},
        {"a\x7f.jpg", "! The file name holds a control character."},
        {"a\u0085.jpg", "! The file name holds a control character."},
        {std::string_view("a\0b.jpg", 7), "! The file name holds a control character."},
        {"\xff.jpg", "! The file name is not UTF-8."},
    };
    for (const auto& [name, message] : kCases) EXPECT_EQ(clean(name), message) << name;
}

TEST(Names, HaveAtMost512Bytes) {
    EXPECT_EQ(clean(std::string(512, 'k')), std::string(512, 'k'));
    EXPECT_EQ(clean(std::string(513, 'k')),
              "! The file name has 513 bytes; at most 512 are allowed.");
    EXPECT_EQ(clean("/" + std::string(512, 'k') + "/"), std::string(512, 'k'));
}

// The name with its 32 digits shown as "*".
std::string suffixed(std::string_view name) {
    std::string with = with_random_suffix(name);
    for (std::size_t at = with.find('-'); at != std::string::npos; at = with.find('-', at + 1)) {
        const std::string_view digits = std::string_view(with).substr(at + 1, 32);
        if (digits.size() == 32 && parse_hex(digits)) return with.replace(at + 1, 32, "*");
    }
    return with;
}

TEST(Names, ASuffixGoesBeforeTheExtension) {
    EXPECT_EQ(suffixed("cat.jpg"), "cat-*.jpg");
    EXPECT_EQ(suffixed("trips.v2/cat"), "trips.v2/cat-*");
    EXPECT_EQ(suffixed("trips/my.cat.jpeg"), "trips/my.cat-*.jpeg");
    EXPECT_EQ(suffixed(".jpg"), ".jpg-*");
    EXPECT_EQ(suffixed("cat."), "cat-*.");
    EXPECT_EQ(suffixed("cat.this is no extension"), "cat.this is no extension-*");
}

TEST(Names, ASuffixedNameStillHasAtMost512Bytes) {
    EXPECT_EQ(with_random_suffix(std::string(508, 'k') + ".jpg").size(), 512U);
    const std::string wide = with_random_suffix(std::string(2, 'k') + [] {
        std::string text;
        for (int i = 0; i < 250; ++i) text += "ü";
        return text;
    }() + ".jpg");
    EXPECT_LE(wide.size(), 512U);
    EXPECT_TRUE(is_utf8(wide));
    EXPECT_TRUE(wide.ends_with(".jpg"));
    const std::string deep = with_random_suffix(std::string(510, 'd') + "/k");
    EXPECT_EQ(deep.size(), 512U);
    EXPECT_TRUE(clean_name(deep));
}

TEST(Names, NoTwoSuffixesAreTheSame) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(with_random_suffix("cat.jpg"));
    EXPECT_EQ(seen.size(), 1000U);
}

}  // namespace
}  // namespace imagemill::functions
