#include "local/storage/file_upload.h"

#include "base/check.h"
#include "base/encodings.h"
#include "local/storage/files.h"

namespace imagemill::local {
namespace {

constexpr std::size_t kKeyBytesMax = 1024;

Result<void> check_key(const std::string& key) {
    if (key.empty()) return Error{Code::invalid_argument, "A key has at least one byte."};
    if (key.size() > kKeyBytesMax) {
        return Error{Code::invalid_argument, "The key is " + std::to_string(key.size()) +
                                                 " bytes long; " + std::to_string(kKeyBytesMax) +
                                                 " is the most."};
    }
    if (!is_utf8(key)) return Error{Code::invalid_argument, "The key is not UTF-8."};
    return {};
}

Result<void> check_attributes(const Attributes& attributes) {
    if (is_utf8(format_attributes(attributes))) return {};
    return Error{Code::invalid_argument,
                 "The content type, another header or the metadata is not UTF-8."};
}

}  // namespace

FileUpload::~FileUpload() {
    if (is_kept_) return;
    // Failing, it leaves a file in tmp/ that the next start sweeps.
    (void)store_.files().remove(id_);
}

Result<void> FileUpload::write(Bytes bytes) {
    CHECK(!is_spent_);
    if (failure_) return *failure_;
    const Result<void> written = write_all(file_, bytes, store_.files().path_in_tmp(id_));
    if (!written) {
        failure_ = written.error();
        return written;
    }
    hasher_.update(bytes);
    size_bytes_ += static_cast<std::int64_t>(bytes.size());
    return {};
}

Result<StoredObject> FileUpload::commit(const std::string& bucket, const std::string& key,
                                        const Attributes& attributes,
                                        const WriteConditions& conditions, const Origin& origin) {
    CHECK(!std::exchange(is_spent_, true));
    if (failure_) return *failure_;
    TRY(check_key(key));
    TRY(check_attributes(attributes));

    TRY(sync_file(file_, store_.files().path_in_tmp(id_)));
    file_.reset();
    TRY(store_.files().sync_tmp());

    Exchange exchange;
    exchange.object = {.bucket = bucket,
                       .key = key,
                       .etag = format_hex(hasher_.finish()),
                       .size_bytes = size_bytes_,
                       .modified = {},
                       .attributes = attributes};
    exchange.file = id_;
    bool in_doubt = false;
    const Result<void> put = store_.put(exchange, conditions, origin, in_doubt);
    is_kept_ = put || in_doubt;  // In doubt, the next start sees whether a row names it.
    if (!put) return put.error();
    return std::move(exchange.object);
}

}  // namespace imagemill::local
