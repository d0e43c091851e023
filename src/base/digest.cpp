#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace imagemill {
namespace {

template <typename Digest>
Digest digest_of(const EVP_MD* kind, Bytes bytes) {
    Digest digest;
    unsigned int length = 0;
    CHECK(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                     &length, kind, nullptr) == 1);
    CHECK(length == digest.size());
    return digest;
}

const EVP_MD* md_of(DigestKind kind) {
    switch (kind) {
        case DigestKind::md5:
            return EVP_md5();
        case DigestKind::sha1:
            return EVP_sha1();
        case DigestKind::sha256:
            return EVP_sha256();
    }
    return nullptr;
}

}  // namespace

Md5 md5(Bytes bytes) {
    return digest_of<Md5>(EVP_md5(), bytes);
}

Sha256 sha256(Bytes bytes) {
    return digest_of<Sha256>(EVP_sha256(), bytes);
}

Sha256 hmac_sha256(Bytes key, Bytes message) {
    Sha256 digest;
    unsigned int length = 0;
    const auto* result =
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(message.data()), message.size(),
             reinterpret_cast<unsigned char*>(digest.data()), &length);
    CHECK(result != nullptr && length == digest.size());
    return digest;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

struct Hasher::State {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                    &EVP_MD_CTX_free};
};

Hasher::Hasher(DigestKind kind) : state_(std::make_unique<State>()) {
    CHECK(EVP_DigestInit_ex(state_->context.get(), md_of(kind), nullptr) == 1);
}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(Bytes bytes) {
    CHECK(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

Buffer Hasher::finish() {
    Buffer digest(EVP_MAX_MD_SIZE);
    unsigned int length = 0;
    CHECK(EVP_DigestFinal_ex(state_->context.get(), reinterpret_cast<unsigned char*>(digest.data()),
                             &length) == 1);
    digest.resize(length);
    return digest;
}

}  // namespace imagemill
