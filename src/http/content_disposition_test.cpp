#include "http/content_disposition.h"

#include <gtest/gtest.h>

namespace imagemill::http {
namespace {

std::string inline_of(std::string_view name) {
    return format_content_disposition(Disposition::inline_view, name);
}

TEST(ContentDisposition, AnAsciiNameHasOneForm) {
    EXPECT_EQ(inline_of("my cat.jpg"), "inline; filename=\"my cat.jpg\"");
    EXPECT_EQ(format_content_disposition(Disposition::attachment, "a.svg"),
              "attachment; filename=\"a.svg\"");
}

TEST(ContentDisposition, OtherNamesHaveBothForms) {
    EXPECT_EQ(inline_of("cät.jpg"), "inline; filename=\"c_t.jpg\"; filename*=UTF-8''c%C3%A4t.jpg");
    EXPECT_EQ(inline_of("日.png"), "inline; filename=\"_.png\"; filename*=UTF-8''%E6%97%A5.png");
}

TEST(ContentDisposition, APercentIsOnlyInTheExtendedForm) {
    EXPECT_EQ(inline_of("a%41.jpg"), "inline; filename=\"a_41.jpg\"; filename*=UTF-8''a%2541.jpg");
}

TEST(ContentDisposition, DropsQuotesBackslashesAndControls) {
    EXPECT_EQ(inline_of("a\"b\\c\r\nd\x7F\te.jpg"), "inline; filename=\"abcde.jpg\"");
    EXPECT_EQ(inline_of("a\u0085\u202Egpj.exe\u2066"), "inline; filename=\"agpj.exe\"");
}

TEST(ContentDisposition, NamesNoFolder) {
    EXPECT_EQ(inline_of("../etc/passwd"), "inline; filename=\".._etc_passwd\"");
}

TEST(ContentDisposition, BytesThatAreNoUtf8BecomeUnderscores) {
    EXPECT_EQ(inline_of("a\xFF\xC3.jpg"), "inline; filename=\"a__.jpg\"");
}

TEST(ContentDisposition, NoNameIsNoParameter) {
    EXPECT_EQ(inline_of(""), "inline");
    EXPECT_EQ(inline_of("\"\r\n"), "inline");
}

}  // namespace
}  // namespace imagemill::http
