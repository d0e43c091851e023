#include "local/s3/plain_settings.h"

#include <gtest/gtest.h>

#include "local/s3/service_fixture.h"

namespace imagemill::local::s3 {
namespace {

class PlainSettings : public ServiceTest {
  protected:
    http::Response ask(const std::string& parameter) {
        return send(Ask{.path = "/photos", .query = parameter});
    }
};

TEST_F(PlainSettings, AreThoseOfABucketNobodyChanged) {
    EXPECT_NE(http::body_text(ask("versioning")).find("<VersioningConfiguration xmlns="),
              std::string::npos);
    EXPECT_EQ(element(ask("versioning"), "Status"), "");
    EXPECT_EQ(element(ask("requestPayment"), "Payer"), "BucketOwner");
    EXPECT_EQ(element(ask("publicAccessBlock"), "BlockPublicAcls"), "true");
    EXPECT_EQ(element(ask("ownershipControls"), "ObjectOwnership"), "BucketOwnerEnforced");
    EXPECT_EQ(element(ask("acl"), "Permission"), "FULL_CONTROL");
}

TEST_F(PlainSettings, ThatAreNotThereAreSaidSoByName) {
    EXPECT_EQ(outcome(ask("policy")), "404 NoSuchBucketPolicy");
    EXPECT_EQ(outcome(ask("lifecycle")), "404 NoSuchLifecycleConfiguration");
    EXPECT_EQ(outcome(ask("tagging")), "404 NoSuchTagSet");
    EXPECT_EQ(outcome(ask("website")), "404 NoSuchWebsiteConfiguration");
    EXPECT_EQ(outcome(ask("encryption")), "404 ServerSideEncryptionConfigurationNotFoundError");
    EXPECT_EQ(outcome(ask("object-lock")), "404 ObjectLockConfigurationNotFoundError");
    EXPECT_EQ(outcome(ask("replication")), "404 ReplicationConfigurationNotFoundError");
}

TEST_F(PlainSettings, NeedABucketAndTheGrant) {
    EXPECT_EQ(outcome(send(Ask{.path = "/nowhere", .query = "versioning"})), "404 NoSuchBucket");
    EXPECT_EQ(outcome(send_as(function("writer"), Ask{.path = "/photos", .query = "versioning"})),
              "403 AccessDenied");
}

TEST_F(PlainSettings, AnObjectIsItsOwnersAlone) {
    put("/photos/k", "x");
    const Ask asked{.path = "/photos/k", .query = "acl"};
    EXPECT_EQ(element(send(asked), "Permission"), "FULL_CONTROL");
    EXPECT_EQ(outcome(send(Ask{.path = "/photos/none", .query = "acl"})), "404 NoSuchKey");
}

TEST_F(PlainSettings, ABucketIsRemovedOnceItIsEmpty) {
    put("/photos/k", "x");
    EXPECT_EQ(outcome(remove("/photos")), "409 BucketNotEmpty");
    remove("/photos/k");
    EXPECT_EQ(remove("/photos").status, 204);
    EXPECT_EQ(outcome(remove("/photos")), "404 NoSuchBucket");
    EXPECT_EQ(outcome(send_as(function("writer"), Ask{.method = "DELETE", .path = "/photos"})),
              "403 AccessDenied");
}

}  // namespace
}  // namespace imagemill::local::s3
