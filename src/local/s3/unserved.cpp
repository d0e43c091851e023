#include "local/s3/unserved.h"

#include <algorithm>
#include <array>

#include "aws/chunked_body.h"
#include "base/encodings.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::array<std::string_view, 45> kSubresources{
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "bucket-region",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "list-type",
    "location",
    "logging",
    "max-buckets",
    "max-uploads",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "select-type",
    "session",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
};

// Headers that ask for nothing, or that an operation of ours reads. "*" stands for any value.
struct Known {
    std::string_view name;
    std::string_view value;
    std::string_view actions = "";  // Those that read it, each followed by a space; empty for all.
};
constexpr std::array kKnown{
    Known{"x-amz-date", "*"},
    Known{"x-amz-content-sha256", "*"},  // STREAMING-… of two actions only, below.
    Known{"x-amz-security-token", "*"},
    Known{"x-amz-algorithm", "*"},
    Known{"x-amz-credential", "*"},
    Known{"x-amz-expires", "*"},
    Known{"x-amz-signedheaders", "*"},
    Known{"x-amz-signature", "*"},
    Known{"x-amz-user-agent", "*"},     // The browser's SDK, which may not set User-Agent.
    Known{"x-amz-request-payer", "*"},  // Nobody is billed.
    Known{"x-amz-checksum-mode", "*"},
    Known{"x-amz-checksum-crc32", "*"},
    Known{"x-amz-checksum-crc32c", "*"},
    Known{"x-amz-checksum-crc64nvme", "*"},
    Known{"x-amz-checksum-sha1", "*"},
    Known{"x-amz-checksum-sha256", "*"},
    Known{"x-amz-checksum-type", "FULL_OBJECT"},
    Known{"x-amz-checksum-type", "*", "CreateMultipartUpload CompleteMultipartUpload "},
    Known{"x-amz-decoded-content-length", "*", "PutObject UploadPart "},
    Known{"x-amz-trailer", "*", "PutObject UploadPart "},
    Known{"x-amz-mp-object-size", "*", "CompleteMultipartUpload "},
    Known{"x-amz-copy-source-range", "*", "UploadPartCopy "},
    Known{"x-amz-object-attributes", "*", "GetObjectAttributes "},
    Known{"x-amz-checksum-algorithm", "*"},
    Known{"x-amz-sdk-checksum-algorithm", "*"},
    // What everything here is: the owner's alone, of one class, owned by the bucket's owner.
    Known{"x-amz-acl", "private"},
    Known{"x-amz-acl", "bucket-owner-full-control"},
    Known{"x-amz-storage-class", "STANDARD"},
    Known{"x-amz-object-ownership", "BucketOwnerEnforced"},
    Known{"x-amz-bucket-object-lock-enabled", "false"},
    Known{"x-amz-tagging", "*", "PutObject PostObject CopyObject CreateMultipartUpload "},
    Known{"x-amz-copy-source", "*", "CopyObject UploadPartCopy "},
    Known{"x-amz-copy-source-if-match", "*", "CopyObject UploadPartCopy "},
    Known{"x-amz-copy-source-if-none-match", "*", "CopyObject UploadPartCopy "},
    Known{"x-amz-copy-source-if-modified-since", "*", "CopyObject UploadPartCopy "},
    Known{"x-amz-copy-source-if-unmodified-since", "*", "CopyObject UploadPartCopy "},
    Known{"x-amz-metadata-directive", "*", "CopyObject "},
    // s3fs, before it copies in parts; what an upload is created with replaces in any case.
    Known{"x-amz-metadata-directive", "REPLACE", "CreateMultipartUpload "},
    Known{"x-amz-tagging-directive", "*", "CopyObject "},
    // Functions are known or not: there is no policy to look into.
    Known{"x-amz-skip-destination-validation", "*", "PutBucketNotificationConfiguration "},
};

bool is_known(std::string_view name, std::string_view value, std::string_view action) {
    if (name.starts_with("x-amz-meta-")) return true;
    const std::string word = std::string(action) + " ";
    return std::ranges::any_of(kKnown, [&](const Known& known) {
        const bool reads = known.actions.empty() || known.actions.find(word) != std::string::npos;
        return known.name == name && reads &&
               (known.value == "*" || equal_ignoring_case(known.value, value));
    });
}

// Parameters that only these know.
bool reads_parameter(std::string_view action, std::string_view name) {
    constexpr std::array<std::string_view, 4> kOfParts{"UploadPart", "UploadPartCopy", "GetObject",
                                                       "HeadObject"};
    if (name == "max-buckets") return action == "ListBuckets";
    if (name == "max-uploads") return action == "ListMultipartUploads";
    return name == "partNumber" && std::ranges::find(kOfParts, action) != kOfParts.end();
}

bool reads_pieces(std::string_view action, std::string_view hash) {
    return (action == "PutObject" || action == "UploadPart") && aws::parse_chunked_framing(hash);
}

bool names_aws_chunked(std::string_view content_encoding) {
    return to_lower(content_encoding).find("aws-chunked") != std::string::npos;
}

}  // namespace

std::optional<Unserved> find_unserved_parameter(const http::Parameters& parameters,
                                                const Routed& routed) {
    for (const auto& [name, value] : parameters) {
        const bool is_read = name == routed.parameter || reads_parameter(routed.action, name);
        if (is_read || std::ranges::find(kSubresources, name) == kSubresources.end()) {
            continue;
        }
        return Unserved{.what = "The parameter " + name, .header = ""};
    }
    return std::nullopt;
}

std::optional<Unserved> find_unserved_header(const http::Headers& headers,
                                             std::string_view action) {
    const std::string_view hash = headers.get_or("x-amz-content-sha256", "");
    const bool in_pieces = reads_pieces(action, hash);
    if (hash.starts_with("STREAMING-") && !in_pieces) {
        return Unserved{
            .what = "An upload in pieces (x-amz-content-sha256: " + std::string(hash) + ")",
            .header = "x-amz-content-sha256"};
    }
    if (names_aws_chunked(headers.get_or("Content-Encoding", "")) && !in_pieces) {
        return Unserved{.what = "An upload in pieces (Content-Encoding: aws-chunked)",
                        .header = "Content-Encoding"};
    }
    for (const auto& [field_name, value] : headers.fields()) {
        const std::string name = to_lower(field_name);
        if (!name.starts_with("x-amz-") || is_known(name, value, action)) continue;
        return Unserved{.what = "The header " + name + ": " + value, .header = name};
    }
    return std::nullopt;
}

}  // namespace imagemill::local::s3
