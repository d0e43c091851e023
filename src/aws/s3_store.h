// s3_store: an ObjectStore over HTTP: Amazon S3, or whatever speaks its protocol.
//
// Shapes:  Path style where an endpoint is given, virtual-host style on AWS (path style for a
// bucket
//          whose name cannot be part of a host under TLS). Pre-signed URLs are made for
//          `public_endpoint` where one is set, so that clients get an address they can reach.
// Errors:  as object_store.h. make_s3_store: invalid_argument for an endpoint or region that is
//          none, unauthenticated without a key. Server errors (5xx, 429), a lost connection and an
//          object that arrives damaged (its MD5 is not its ETag) are `unavailable`; they are tried
//          again, `attempts_max` times in all with growing pauses, when the request may be repeated
//          (a conditional put or remove may not: it could meet its own first try and report
//          precondition_failed). A timeout is not tried again: the caller's time is gone.
//          invalid_argument  an empty key, or a header value that is not printable ASCII.
// Threads: any.
// Cost:    one request a call; one more where if_match of a put did not hold, and a third where
//          that was for the quotes about it (Ceph). A body is hashed once (SHA-256) to be signed.
//          No more than GetOptions::size_max of an object is read.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "aws/credentials.h"
#include "base/clock.h"
#include "net/client.h"
#include "store/object_store.h"

namespace imagemill::aws {

struct S3StoreOptions {
    std::string endpoint = {};         // "http://127.0.0.1:9000"; empty: Amazon's for the region.
    std::string public_endpoint = {};  // Of pre-signed URLs; empty: `endpoint`.
    std::string region = "us-east-1";
    int attempts_max = 3;
    // What _X_AMZN_TRACE_ID holds now; sent as X-Amzn-Trace-Id, by which AWS stops a function that
    // invokes itself through a bucket. Nothing is sent where it is not set or gives "".
    std::function<std::string()> trace_id = {};
};

// `client` and `clock` outlive the store.
Result<std::unique_ptr<store::ObjectStore>> make_s3_store(const S3StoreOptions& options,
                                                          Credentials credentials,
                                                          net::Client& client, const Clock& clock);

}  // namespace imagemill::aws
