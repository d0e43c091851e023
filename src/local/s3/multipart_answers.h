// multipart_answers: the XML that the multipart operations answer, and the headers of checksums.
//
// Threads: pure functions.
// Source:  Amazon S3 API reference: CreateMultipartUpload, ListParts, ListMultipartUploads,
//          CompleteMultipartUpload.
#pragma once

#include <string>

#include "local/s3/operation.h"
#include "local/storage/multipart.h"

namespace imagemill::local::s3 {

std::string format_upload_created(const UploadRef& ref);
std::string format_parts(const OpenUpload& upload, const PartPage& page, const ListParts& call);
std::string format_uploads(const std::string& bucket, const UploadPage& page,
                           const ListMultipartUploads& call);
std::string format_completed(const UploadRef& ref, const CompletedUpload& completed,
                             const std::string& location);

}  // namespace imagemill::local::s3
