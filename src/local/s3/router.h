// router: an HTTP request as the S3 operation it asks for. Looks at method, path, query and
// headers; reads no body, asks no store, and does not know who is asking.
//
// Shapes:  Path style (/bucket/key) where the host is the service's own name, virtual-host style
//          (bucket.localhost/key) where labels come before it. The path is decoded once: "a%2Fb" is
//          the key "a/b". Nothing is normalised: "//", ".." and a final "/" are parts of a key.
// Errors:  InvalidURI        the path or the query is not percent-encoded rightly.
//          KeyTooLongError   over 1024 bytes.
//          InvalidArgument   the key is not UTF-8 or holds NUL; a parameter has a wrong value.
//          MethodNotAllowed  no operation of S3 has this method there.
//          What S3 knows and this service does not is no error here but the call `Unserved`.
// Threads: pure functions.
// Source:  Amazon S3 API reference; user guide, "Virtual hosting of general purpose buckets".
#pragma once

#include "http/hosts.h"
#include "http/message.h"
#include "local/s3/operation.h"
#include "local/s3/outcome.h"

namespace imagemill::local::s3 {

inline constexpr std::size_t kKeyBytesMax = 1024;

Outcome<Operation> route(const http::Request& request, const http::Hosts& hosts);

// InvalidArgument, KeyTooLongError; for keys that come in a form, too.
Outcome<void> check_key(std::string_view key);

// Of a request that may be no operation at all, as a browser's OPTIONS; empty where none is named.
std::string bucket_of(const http::Request& request, const http::Hosts& hosts);

}  // namespace imagemill::local::s3
