// s3_event: S3's event notification JSON, written by the server and read by the processor.
//
// Shapes:  {"Records":[{"eventVersion":"2.6","eventSource":"aws:s3",…}]}, keys form-encoded. Ceph's
//          and MinIO's variants are read too: an eventSource of "ceph:s3" has raw keys; an
//          eventName may begin with "s3:". Unknown fields are ignored. s3:TestEvent gives no
//          events.
// Errors:  invalid_argument names the field; a record of another major version or of a kind that is
//          neither ObjectCreated nor ObjectRemoved is skipped.
// Threads: pure functions.
// Source:  Amazon S3 user guide, "Event message structure".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/event.h"

namespace imagemill::aws {

struct S3EventContext {
    std::string region = "us-east-1";
    std::string configuration_id = "imagemill";
    std::string principal_id = "AWS:imagemill";
    std::string source_ip = "127.0.0.1";
    std::string request_id;
    std::string host_id;
};

std::string format_s3_event(const store::ObjectEvent& event, const S3EventContext& context);
Result<std::vector<store::ObjectEvent>> parse_s3_event(std::string_view text);

}  // namespace imagemill::aws
