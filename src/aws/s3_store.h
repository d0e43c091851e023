// s3_store: an ObjectStore over HTTP: Amazon S3, or whatever speaks its protocol.
//
// Shapes:  Path style where an endpoint is given, virtual-host style on AWS. Pre-signed URLs are
// made
//          for `public_endpoint` where one is set, so that clients get an address they can reach.
// Errors:  as object_store.h. 500, 503 and a lost connection are tried again, `attempts_max` times
//          with growing pauses, when the request may be repeated (a conditional put may not: it
//          could meet its own first try and report precondition_failed).
// Threads: any.
// Cost:    one request a call; a body is hashed once (SHA-256) to be signed.
#pragma once

#include <memory>
#include <string>

#include "aws/credentials.h"
#include "base/clock.h"
#include "net/client.h"
#include "store/object_store.h"

namespace imagemill::aws {

struct S3StoreOptions {
    std::string endpoint;         // "http://127.0.0.1:9000"; empty: Amazon's for the region.
    std::string public_endpoint;  // Of pre-signed URLs; empty: `endpoint`.
    std::string region = "us-east-1";
    int attempts_max = 3;
};

// `client` and `clock` outlive the store.
Result<std::unique_ptr<store::ObjectStore>> make_s3_store(const S3StoreOptions& options,
                                                          Credentials credentials,
                                                          net::Client& client, const Clock& clock);

}  // namespace imagemill::aws
