#include "local/s3/plain_settings.h"

#include <algorithm>
#include <array>

#include "aws/xml_writer.h"
#include "local/s3/exchange.h"

namespace imagemill::local::s3 {
namespace {

// The answer: a root with, perhaps, elements in it, as they are sent; or else an error of 404.
struct Setting {
    std::string_view parameter;
    const char* root;
    const char* content;
    const char* code;
    const char* message;
};

constexpr Setting answered(std::string_view parameter, const char* root, const char* content) {
    return {parameter, root, content, "", ""};
}

constexpr Setting absent(std::string_view parameter, const char* code, const char* message) {
    return {parameter, "", "", code, message};
}

constexpr std::array kSettings{
    answered("accelerate", "AccelerateConfiguration", ""),
    answered("acl", "AccessControlPolicy", ""),  // Its content names the owner: see below.
    absent("encryption", "ServerSideEncryptionConfigurationNotFoundError",
           "The server side encryption configuration was not found"),
    absent("lifecycle", "NoSuchLifecycleConfiguration",
           "The lifecycle configuration does not exist"),
    answered("logging", "BucketLoggingStatus", ""),
    absent("object-lock", "ObjectLockConfigurationNotFoundError",
           "Object Lock configuration does not exist for this bucket"),
    answered("ownershipControls", "OwnershipControls",
             "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>"),
    absent("policy", "NoSuchBucketPolicy", "The bucket policy does not exist"),
    absent("policyStatus", "NoSuchBucketPolicy", "The bucket policy does not exist"),
    answered("publicAccessBlock", "PublicAccessBlockConfiguration",
             "<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>"
             "<BlockPublicPolicy>true</BlockPublicPolicy>"
             "<RestrictPublicBuckets>true</RestrictPublicBuckets>"),
    absent("replication", "ReplicationConfigurationNotFoundError",
           "The replication configuration was not found"),
    answered("requestPayment", "RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>"),
    absent("tagging", "NoSuchTagSet", "The TagSet does not exist"),
    answered("versioning", "VersioningConfiguration", ""),
    absent("website", "NoSuchWebsiteConfiguration",
           "The specified bucket does not have a website configuration"),
};

const Setting* find_setting(std::string_view parameter) {
    const auto found = std::ranges::find(kSettings, parameter, &Setting::parameter);
    return found == kSettings.end() ? nullptr : &*found;
}

std::string owner_alone() {
    const std::string id = "<ID>" + std::string(kOwnerId) + "</ID>";
    return "<Owner>" + id + "</Owner><AccessControlList><Grant><Grantee " +
           "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" " +
           "xsi:type=\"CanonicalUser\">" + id +
           "</Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList>";
}

http::Response answer(const std::string& root, const std::string& content) {
    aws::XmlWriter xml(root);
    xml.append_raw(content);
    return http::Response::text(200, kXmlType, xml.finish());
}

}  // namespace

bool is_plain_setting(std::string_view parameter) {
    return find_setting(parameter) != nullptr;
}

Answer run(const GetPlainSetting& call, Exchange& exchange) {
    TRY(exchange.store.head_bucket(exchange.operation.bucket));
    const Setting* setting = find_setting(call.parameter);
    CHECK(setting != nullptr);
    const std::string_view code = setting->code;
    if (!code.empty()) {
        return aws::S3Error{.code = std::string(code),
                            .status = 404,
                            .message = setting->message,
                            .details = {{"BucketName", exchange.operation.bucket}}};
    }
    const bool is_acl = setting->parameter == "acl";
    return answer(setting->root, is_acl ? owner_alone() : setting->content);
}

// As the bucket's, so every object's: the owner's alone.
Answer run(const GetObjectAcl&, Exchange& exchange) {
    TRY(exchange.store.head(exchange.operation.bucket, exchange.operation.key));
    return answer("AccessControlPolicy", owner_alone());
}

}  // namespace imagemill::local::s3
