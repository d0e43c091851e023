// checksum_headers: what is kept of an object's checksum, as headers of an answer.
//
// Threads: pure functions.
// Source:  Amazon S3 API reference, GetObject, HeadObject, PutObject.
#pragma once

#include "http/message.h"
#include "local/storage/disk_store.h"

namespace imagemill::local::s3 {

// x-amz-checksum-… and x-amz-checksum-type; nothing where none is kept.
void add_checksum_headers(const Attributes& attributes, http::Headers& headers);

}  // namespace imagemill::local::s3
