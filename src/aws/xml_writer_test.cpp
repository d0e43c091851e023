#include "aws/xml_writer.h"

#include <gtest/gtest.h>

namespace imagemill::aws {
namespace {

TEST(XmlWriter, WritesElementsInS3sNamespace) {
    XmlWriter xml("Tagging");
    xml.open("TagSet");
    xml.element("Key", "a<b");
    xml.element("IsLatest", true);
    xml.append_raw("<Raw/>");
    xml.close("TagSet");
    EXPECT_EQ(xml.finish(),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>"
              "<Key>a&lt;b</Key><IsLatest>true</IsLatest><Raw/></TagSet></Tagging>");
}

TEST(XmlWriter, WritesErrorsInNone) {
    EXPECT_EQ(XmlWriter::bare("Error").finish(),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error></Error>");
}

TEST(XmlWriter, EscapesWhatXmlTakesForItself) {
    EXPECT_EQ(escape_xml("a&b<c>\"d\""), "a&amp;b&lt;c&gt;&quot;d&quot;");
    EXPECT_EQ(escape_xml("line\n\ttab"), "line\n\ttab");
    EXPECT_EQ(escape_xml("\r\x01"), "&#13;&#1;");
    EXPECT_EQ(escape_xml("\xC3\xA4"), "\xC3\xA4");
    EXPECT_EQ(escape_xml("\xC3<\xA4\n"), "?&lt;??");
    EXPECT_EQ(escape_xml(std::string_view("a\0b", 3)), "a?b");
}

}  // namespace
}  // namespace imagemill::aws
