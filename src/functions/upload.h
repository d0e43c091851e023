// upload: POST /upload in its four forms. Private to this folder; docs/api.md has every field.
//
// Shapes:  multipart/form-data, the bytes themselves with ?filename=, JSON with base64 `data`, or
//          JSON without it, which asks for a pre-signed form.
// Errors:  problem+json: invalid_argument and corrupt 400, too_large 413, unsupported 415.
// Cost:    the files of one request are whole in memory before the first is stored, so that a
//          request that breaks off stores nothing.
#pragma once

#include "functions/api.h"
#include "http/message.h"

namespace imagemill::functions {

http::Response post_upload(http::Request& request, const ApiContext& context);

}  // namespace imagemill::functions
