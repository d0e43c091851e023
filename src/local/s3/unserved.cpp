#include "local/s3/unserved.h"

#include <algorithm>
#include <array>

#include "base/encodings.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::array<std::string_view, 49> kSubresources{
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
    "marker",
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
    "versionId",
    "version-id-marker",
    "key-marker",
    "versioning",
    "versions",
    "website",
};

// Headers that ask for nothing, or that an operation of ours reads. "*" stands for any value.
struct Known {
    std::string_view name;
    std::string_view value;
};
constexpr std::array kKnown{
    Known{"x-amz-date", "*"},
    Known{"x-amz-content-sha256", "*"},  // But for STREAMING-…, below.
    Known{"x-amz-security-token", "*"},
    Known{"x-amz-algorithm", "*"},
    Known{"x-amz-credential", "*"},
    Known{"x-amz-expires", "*"},
    Known{"x-amz-signedheaders", "*"},
    Known{"x-amz-signature", "*"},
    Known{"x-amz-user-agent", "*"},     // The browser's SDK, which may not set User-Agent.
    Known{"x-amz-request-payer", "*"},  // Nobody is billed.
    Known{"x-amz-checksum-mode", "*"},  // No checksum is kept, and S3 sends those it has.
    Known{"x-amz-checksum-crc32", "*"},
    Known{"x-amz-checksum-crc32c", "*"},
    Known{"x-amz-checksum-crc64nvme", "*"},
    Known{"x-amz-checksum-sha256", "*"},
    Known{"x-amz-checksum-type", "FULL_OBJECT"},
    Known{"x-amz-checksum-algorithm", "*"},
    Known{"x-amz-sdk-checksum-algorithm", "*"},
    // What everything here is: the owner's alone, of one class, owned by the bucket's owner.
    Known{"x-amz-acl", "private"},
    Known{"x-amz-acl", "bucket-owner-full-control"},
    Known{"x-amz-storage-class", "STANDARD"},
    Known{"x-amz-object-ownership", "BucketOwnerEnforced"},
    Known{"x-amz-bucket-object-lock-enabled", "false"},
};

bool is_known(std::string_view name, std::string_view value) {
    if (name.starts_with("x-amz-meta-")) return true;
    return std::ranges::any_of(kKnown, [&](const Known& known) {
        return known.name == name &&
               (known.value == "*" || equal_ignoring_case(known.value, value));
    });
}

bool names_aws_chunked(std::string_view content_encoding) {
    return to_lower(content_encoding).find("aws-chunked") != std::string::npos;
}

}  // namespace

std::optional<Unserved> find_unserved_parameter(const http::Parameters& parameters,
                                                std::string_view routed) {
    for (const auto& [name, value] : parameters) {
        if (name == routed || std::ranges::find(kSubresources, name) == kSubresources.end()) {
            continue;
        }
        return Unserved{.what = "The parameter " + name, .header = ""};
    }
    return std::nullopt;
}

std::optional<Unserved> find_unserved_header(const http::Headers& headers) {
    const std::string_view hash = headers.get_or("x-amz-content-sha256", "");
    if (hash.starts_with("STREAMING-")) {
        return Unserved{
            .what = "An upload in signed pieces (x-amz-content-sha256: " + std::string(hash) + ")",
            .header = "x-amz-content-sha256"};
    }
    if (names_aws_chunked(headers.get_or("Content-Encoding", ""))) {
        return Unserved{.what = "An upload in pieces (Content-Encoding: aws-chunked)",
                        .header = "Content-Encoding"};
    }
    for (const auto& [field_name, value] : headers.fields()) {
        const std::string name = to_lower(field_name);
        if (!name.starts_with("x-amz-") || is_known(name, value)) continue;
        return Unserved{.what = "The header " + name + ": " + value, .header = name};
    }
    return std::nullopt;
}

}  // namespace imagemill::local::s3
