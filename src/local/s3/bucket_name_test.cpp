#include "local/s3/bucket_name.h"

#include <gtest/gtest.h>

namespace imagemill::local::s3 {
namespace {

TEST(BucketName, MayBeWhatS3Allows) {
    for (const std::string& name :
         {std::string("abc"), std::string("image-upload-source-bucket"), std::string("a.b-c"),
          std::string("1.2.3"), std::string("123"), std::string("1.2.3.a"), std::string(63, 'a')}) {
        EXPECT_TRUE(check_bucket_name(name)) << name;
    }
}

TEST(BucketName, MayNotBeAnythingElse) {
    for (const std::string& name : {std::string(),
                                    std::string("ab"),
                                    std::string(64, 'a'),
                                    std::string("Abc"),
                                    std::string("a_c"),
                                    std::string("a/c"),
                                    std::string("a c"),
                                    std::string("..."),
                                    std::string("-ab"),
                                    std::string("ab-"),
                                    std::string(".ab"),
                                    std::string("ab."),
                                    std::string("a..b"),
                                    std::string("192.168.0.1"),
                                    std::string("xn--abc"),
                                    std::string("sthree-abc"),
                                    std::string("amzn-s3-demo-abc"),
                                    std::string("abc-s3alias"),
                                    std::string("abc--ol-s3"),
                                    std::string("abc.mrap"),
                                    std::string("abc--x-s3"),
                                    std::string("abc--table-s3"),
                                    std::string("abc-an"),
                                    std::string("b\xC3\xBC"
                                                "cher"),
                                    std::string("../../etc")}) {
        const auto checked = check_bucket_name(name);
        ASSERT_FALSE(checked) << name;
        EXPECT_EQ(checked.error().code, "InvalidBucketName");
        EXPECT_EQ(checked.error().status, 400);
    }
}

}  // namespace
}  // namespace imagemill::local::s3
