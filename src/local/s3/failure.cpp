#include "local/s3/failure.h"

namespace imagemill::local::s3 {

using aws::S3Error;

S3Error of_store(const Error& error) {
    if (error.code == Code::corrupt || error.code == Code::internal) {
        return {.code = "InternalError", .status = 500, .message = error.message, .details = {}};
    }
    // A full or failing disk is said in the store's own words: only a person can make room.
    if (error.code == Code::unavailable) {
        return {
            .code = "ServiceUnavailable", .status = 503, .message = error.message, .details = {}};
    }
    return aws::to_s3_error(error);
}

S3Error of_body(const Error& error) {
    if (error.code == Code::timeout) {
        return {.code = "RequestTimeout",
                .status = 400,
                .message =
                    "Your socket connection to the server was not read from or written to "
                    "within the timeout period. Idle connections will be closed.",
                .details = {}};
    }
    if (error.code == Code::too_large && error.exceeded) {
        return entity_too_large(error.exceeded->limit, error.exceeded->measured);
    }
    return {.code = "IncompleteBody",
            .status = 400,
            .message =
                "You did not provide the number of bytes specified by the Content-Length HTTP "
                "header: " +
                error.message,
            .details = {}};
}

S3Error of_authentication(const aws::AuthError& error) {
    return {.code = error.code,
            .status = error.status,
            .message = error.message,
            .details = error.details};
}

S3Error access_denied(std::string message) {
    return {.code = "AccessDenied", .status = 403, .message = std::move(message), .details = {}};
}

S3Error invalid_argument(std::string message, std::string name, std::string value) {
    return {.code = "InvalidArgument",
            .status = 400,
            .message = std::move(message),
            .details = {{"ArgumentName", std::move(name)}, {"ArgumentValue", std::move(value)}}};
}

S3Error invalid_request(std::string message) {
    return {.code = "InvalidRequest", .status = 400, .message = std::move(message), .details = {}};
}

S3Error invalid_uri(std::string_view path) {
    return {.code = "InvalidURI",
            .status = 400,
            .message = "Couldn't parse the specified URI.",
            .details = {{"URI", std::string(path)}}};
}

S3Error incomplete_body(std::int64_t expected, std::int64_t received) {
    return {.code = "IncompleteBody",
            .status = 400,
            .message =
                "You did not provide the number of bytes specified by the Content-Length HTTP "
                "header",
            .details = {{"NumberBytesExpected", std::to_string(expected)},
                        {"NumberBytesProvided", std::to_string(received)}}};
}

S3Error entity_too_large(std::int64_t size_max, std::int64_t size) {
    return {.code = "EntityTooLarge",
            .status = 400,
            .message = "Your proposed upload exceeds the maximum allowed size",
            .details = {{"ProposedSize", std::to_string(size)},
                        {"MaxSizeAllowed", std::to_string(size_max)}}};
}

S3Error precondition_failed(std::string condition) {
    return {.code = "PreconditionFailed",
            .status = 412,
            .message = "At least one of the pre-conditions you specified did not hold",
            .details = {{"Condition", std::move(condition)}}};
}

S3Error not_implemented(const std::string& what, std::string header) {
    S3Error error{.code = "NotImplemented",
                  .status = 501,
                  .message = what + " implies functionality that is not implemented here.",
                  .details = {}};
    if (!header.empty()) error.details.emplace_back("Header", std::move(header));
    return error;
}

}  // namespace imagemill::local::s3
