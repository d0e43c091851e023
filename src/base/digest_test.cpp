#include "base/digest.h"

#include <gtest/gtest.h>

#include "base/encodings.h"

namespace imagemill {
namespace {

TEST(Digest, AgreesWithThePublishedVectors) {
    // RFC 1321 A.5, FIPS 180-4 (SHA-256 of "abc"), RFC 4231 test case 2.
    EXPECT_EQ(format_hex(md5(as_bytes("abc"))), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(format_hex(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(format_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Digest, InPiecesIsTheSameAsAtOnce) {
    Hasher md5_hasher(DigestKind::md5);
    Hasher sha_hasher(DigestKind::sha256);

    for (const char* piece : {"a", "", "bc"}) {
        md5_hasher.update(as_bytes(piece));
        sha_hasher.update(as_bytes(piece));
    }

    EXPECT_EQ(format_hex(md5_hasher.finish()), format_hex(md5(as_bytes("abc"))));
    EXPECT_EQ(format_hex(sha_hasher.finish()), format_hex(sha256("abc")));
}

TEST(Digest, ComparesWholeTexts) {
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

}  // namespace
}  // namespace imagemill
