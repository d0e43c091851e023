// digest: MD5 (S3's ETag), SHA-1, SHA-256 and HMAC-SHA-256 (SigV4), at once or as the bytes pass.
//
// Threads: a Hasher belongs to one thread at a time; the functions may run anywhere.
// Source:  OpenSSL's libcrypto.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace imagemill {

using Md5 = std::array<std::byte, 16>;
using Sha256 = std::array<std::byte, 32>;

Md5 md5(Bytes bytes);
Sha256 sha256(Bytes bytes);
Sha256 hmac_sha256(Bytes key, Bytes message);
inline Sha256 sha256(std::string_view text) {
    return sha256(as_bytes(text));
}

// Same time whatever differs; for signatures and tokens. Unequal lengths are unequal.
bool equal_in_constant_time(std::string_view a, std::string_view b);

enum class DigestKind { md5, sha1, sha256 };

class Hasher final {
  public:
    explicit Hasher(DigestKind kind);
    ~Hasher();
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(Hasher&&) noexcept;

    void update(Bytes bytes);
    Buffer finish();  // 16, 20 or 32 bytes; the hasher is spent.

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace imagemill
