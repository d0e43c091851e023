// s3_promises: what holds for every refusal of the S3 service, whatever was asked.
//
// Errors:  a broken promise ends the process by CHECK.
#pragma once

#include "aws/s3_xml.h"

namespace imagemill::fuzz {

// An answer that a client can read: XML in UTF-8, with a code, a message and a status of an error.
void check_s3_error(const aws::S3Error& error);

}  // namespace imagemill::fuzz
