// location: where a client finds what it made, as answers to forms and completed uploads say it.
//
// Threads: pure functions.
#pragma once

#include <string>

#include "local/s3/exchange.h"

namespace imagemill::local::s3 {

// A URL under --public-s3-url where that is set, else under the host that was asked.
std::string location_of(const Exchange& exchange);

}  // namespace imagemill::local::s3
