// exchange: one request on its way through the service, and what its operation may use.
//
// Threads: one.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "aws/sigv4.h"
#include "aws/trace_id.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/message.h"
#include "local/s3/keys.h"
#include "local/s3/operation.h"
#include "local/s3/outcome.h"
#include "local/s3/service.h"
#include "local/storage/disk_store.h"

namespace imagemill::local::s3 {

inline constexpr std::string_view kXmlType = "application/xml";
inline constexpr std::string_view kXmlNamespace = "http://s3.amazonaws.com/doc/2006-03-01/";
// Who owns everything here, as S3 writes an owner: 64 hex digits, the same on every machine.
inline constexpr std::string_view kOwnerId =
    "1a9e3111000000000000000000000000000000000000000000000000000000aa";

// Everything referred to outlives the exchange.
struct Exchange {
    const ServiceOptions& options;
    DiskStore& store;
    const Keys& keys;
    const Clock& clock;
    http::Request& request;
    std::string request_id;
    Operation operation;                   // From routing on.
    std::string access_key;                // From authentication on.
    std::string payload_hash;              // Likewise: what the signature says of the body,
    aws::ChunkSigning chunk_signing = {};  // and what signs it, where it comes in pieces.
};

// Who makes a change, for the events of it.
inline Origin origin_of(const Exchange& exchange, std::string event_name) {
    return {.event_name = std::move(event_name),
            .source_ip = exchange.request.peer,
            .principal = exchange.access_key,
            .request_id = exchange.request_id,
            .trace_id = aws::trace_id_of(exchange.request, exchange.clock.now())};
}

// One per operation, in the file of its name.
Answer run(const ListBuckets& call, Exchange& exchange);
Answer run(const CreateBucket& call, Exchange& exchange);
Answer run(const DeleteBucket& call, Exchange& exchange);
Answer run(const HeadBucket& call, Exchange& exchange);
Answer run(const GetBucketLocation& call, Exchange& exchange);
Answer run(const GetBucketCors& call, Exchange& exchange);
Answer run(const PutBucketCors& call, Exchange& exchange);
Answer run(const DeleteBucketCors& call, Exchange& exchange);
Answer run(const GetBucketNotificationConfiguration& call, Exchange& exchange);
Answer run(const PutBucketNotificationConfiguration& call, Exchange& exchange);
Answer run(const GetPlainSetting& call, Exchange& exchange);
Answer run(const GetObjectAcl& call, Exchange& exchange);
Answer run(const ListObjects& call, Exchange& exchange);
Answer run(const ListObjectVersions& call, Exchange& exchange);
Answer run(const ListObjectsV2& call, Exchange& exchange);
Answer run(const PostObject& call, Exchange& exchange);
Answer run(const PutObject& call, Exchange& exchange);
Answer run(const GetObject& call, Exchange& exchange);
Answer run(const HeadObject& call, Exchange& exchange);
Answer run(const GetObjectAttributes& call, Exchange& exchange);
Answer run(const DeleteObject& call, Exchange& exchange);
Answer run(const DeleteObjects& call, Exchange& exchange);
Answer run(const CopyObject& call, Exchange& exchange);
Answer run(const GetObjectTagging& call, Exchange& exchange);
Answer run(const PutObjectTagging& call, Exchange& exchange);
Answer run(const DeleteObjectTagging& call, Exchange& exchange);
Answer run(const CreateMultipartUpload& call, Exchange& exchange);
Answer run(const UploadPart& call, Exchange& exchange);
Answer run(const UploadPartCopy& call, Exchange& exchange);
Answer run(const ListParts& call, Exchange& exchange);
Answer run(const ListMultipartUploads& call, Exchange& exchange);
Answer run(const CompleteMultipartUpload& call, Exchange& exchange);
Answer run(const AbortMultipartUpload& call, Exchange& exchange);

}  // namespace imagemill::local::s3
