// s3_exchange: one call of S3, signed, tried again where that may help and time is left. Private to
// aws; s3_store.h has the contract.
#pragma once

#include <atomic>

#include "aws/s3_address.h"
#include "aws/s3_store.h"
#include "aws/sigv4.h"

namespace imagemill::aws {

// An error's XML must fit where the object wanted is small.
inline constexpr std::int64_t kErrorBytesMax = 64 * 1024;

struct Call {
    std::string method = "GET";
    store::ObjectId id;  // No key: of the bucket.
    std::string query = {};
    http::Headers headers = {};
    Bytes body = {};
    std::int64_t response_bytes_max = kErrorBytesMax;
    bool is_repeatable = true;
    // What an answer that came whole must still pass.
    std::function<Result<void>(const net::ClientResponse& response)> check = {};

    std::string name() const { return method + " " + id.bucket + "/" + id.key; }
};

// A line end in a value would be a header of its own; what is no ASCII cannot be signed for sure.
Result<void> add_header(http::Headers& headers, std::string_view name, std::string_view value);

class S3Exchange final {
  public:
    S3Exchange(Addresses addresses, S3StoreOptions options, CredentialSource credentials,
               net::Client& client, const Clock& clock)
        : addresses_(std::move(addresses)),
          options_(std::move(options)),
          credentials_(std::move(credentials)),
          client_(client),
          clock_(clock) {}

    // An answer of 2xx, or the error that the last attempt met.
    Result<net::ClientResponse> send(const Call& call);

    // For what is signed without being sent.
    Result<SigningTarget> target() const;
    // S3's clock.
    Time now() const { return clock_.now() + Milliseconds(skew_ms_); }

  private:
    Result<net::ClientResponse> send_once(const Call& call, int attempt);
    Result<net::ClientResponse> send_signed(const Call& call, std::optional<Milliseconds> timeout);
    bool adopt_time_of(const net::ClientResponse& response);
    Result<std::optional<Milliseconds>> timeout_of(const Call& call, int attempt) const;
    Milliseconds time_left() const;

    const Addresses addresses_;
    const S3StoreOptions options_;
    const CredentialSource credentials_;
    net::Client& client_;  // These two outlive it, as make_s3_store says.
    const Clock& clock_;
    std::atomic<std::int64_t> skew_ms_{0};  // S3's clock less ours.
};

}  // namespace imagemill::aws
