// service: the S3 REST API over a DiskStore, as one Handler.
//
// Shapes:  request → Operation (router.h, a value) → authentication and grants → one function per
//          operation, each in a file of its AWS name. What is known and not served is refused by
//          name (501 NotImplemented).
//          A caller is known by SigV4, in headers, query or a form's policy; nobody is anonymous.
// Errors:  S3's XML, with S3's codes and words. A host that is not `hosts`': AccessDenied, and the
//          names that are.
// Threads: any.
// Cost:    an object's bytes stream; memory is flat.
// Source:  Amazon S3 API reference.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "http/hosts.h"
#include "http/message.h"
#include "local/s3/keys.h"
#include "local/storage/disk_store.h"

namespace imagemill::local::s3 {

struct ServiceOptions {
    std::string region = "us-east-1";
    http::Hosts hosts;
    std::vector<std::string> cors_origins;  // Of pages that may talk to it straight from a browser.
    std::int64_t object_bytes_max = INT64_C(5) << 30;  // Of a put, and of a part.
    std::int64_t part_bytes_min = INT64_C(5) << 20;    // But of the last.
    std::vector<std::string> functions = {};  // That a bucket's owner may have told of its changes.
    // Of the Location a form upload answers; empty: http:// and the host that was asked.
    std::string public_url;
    // Told how each request ended: "PutObject" ("none" where nobody was known), 200, "OK" or S3's
    // error code.
    std::function<void(std::string_view operation, int status, std::string_view code)> on_request =
        {};
};

// Everything named outlives the handler.
http::Handler make_service(ServiceOptions options, DiskStore& store, const Keys& keys,
                           const Clock& clock, const Log& log);

}  // namespace imagemill::local::s3
