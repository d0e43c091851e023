// s3_store: an ObjectStore over HTTP: Amazon S3, or whatever speaks its protocol.
//
// Shapes:  Path style where an endpoint is given, virtual-host style on AWS (path style for a
//          bucket whose name cannot be part of a host under TLS). Pre-signed URLs are made for
//          `public_endpoint` where one is set, so that clients get an address they can reach; they
//          live no longer than the credentials, where it is known how long these do.
//          A server whose clock is another than ours (RequestTimeTooSkewed) is believed: what it
//          refused is signed again with its time, once, and so is everything from then on.
// Errors:  as object_store.h. make_s3_store: invalid_argument for an endpoint or region that is
//          none or has no such endpoints, unauthenticated without a key. Server errors (5xx, 429),
//          a lost connection and an object that arrives damaged (another checksum or MD5 than S3
//          says) are `unavailable`. They and timeouts are tried again, `attempts_max` times in all
//          with growing pauses, while `deadline` leaves time for it and the request may be repeated
//          (a conditional put or remove may not: it could meet its own first try and report
//          precondition_failed).
//          invalid_argument  an empty key, or a header value that is not printable ASCII.
// Threads: any.
// Cost:    one request a call; one more where if_match of a put did not hold, and a third where
//          that was for the quotes about it (Ceph). A body is hashed once (SHA-256) to be signed,
//          and once when it arrived. No more than GetOptions::size_max of an object is read. An
//          attempt takes at most half of the time left, the last one all of it.
// Source:  Amazon S3 API reference; AWS general reference, "Amazon S3 endpoints and quotas"; AWS
//          SDKs and tools reference guide for the variables.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "aws/credential_sources.h"
#include "base/clock.h"
#include "net/client.h"
#include "store/object_store.h"

namespace imagemill::aws {

struct S3StoreOptions {
    std::string endpoint = {};         // "http://127.0.0.1:9000"; empty: Amazon's for the region.
    std::string public_endpoint = {};  // Of pre-signed URLs; empty: `endpoint`.
    std::string region = "us-east-1";
    bool use_fips = false;       // Which of Amazon's: those with FIPS 140 cryptography,
    bool use_dualstack = false;  // those that have IPv6, too.
    int attempts_max = 3;
    // What _X_AMZN_TRACE_ID holds now; sent as X-Amzn-Trace-Id, by which AWS stops a function that
    // invokes itself through a bucket. Nothing is sent where it is not set or gives "".
    std::function<std::string()> trace_id = {};
    // When the caller's time is over. Not set: an attempt has the client's own time.
    std::function<Time()> deadline = {};
    // Told of each attempt that is made again, and why.
    std::function<void(const Error& error)> retried = {};
};

// AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL (neither under AWS_IGNORE_CONFIGURED_ENDPOINT_URLS);
// AWS_REGION, else AWS_DEFAULT_REGION; AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT;
// AWS_MAX_ATTEMPTS. invalid_argument names the variable.
Result<S3StoreOptions> s3_options_from_environment(const Environment& environment);

// `client` and `clock` outlive the store. The source is asked before each signature.
Result<std::unique_ptr<store::ObjectStore>> make_s3_store(const S3StoreOptions& options,
                                                          CredentialSource credentials,
                                                          net::Client& client, const Clock& clock);
// With credentials that stay.
Result<std::unique_ptr<store::ObjectStore>> make_s3_store(const S3StoreOptions& options,
                                                          Credentials credentials,
                                                          net::Client& client, const Clock& clock);

}  // namespace imagemill::aws
