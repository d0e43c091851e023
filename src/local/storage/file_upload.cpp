#include "local/storage/file_upload.h"

#include <algorithm>

#include "base/check.h"
#include "base/encodings.h"
#include "local/storage/files.h"

namespace imagemill::local {
namespace {

constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::size_t kPieceBytes = 256 * 1024;

}  // namespace

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

FileUpload::~FileUpload() {
    // Failing, it leaves a file in tmp/ that the next start sweeps.
    if (!is_kept_) (void)store_.files().remove(id_);
    give_back();
}

void FileUpload::give_back() {
    if (std::exchange(is_fresh_, false)) store_.fresh_files().give_back();
}

Result<void> FileUpload::write(Bytes bytes) {
    CHECK(!is_spent_ && file_);
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

    if (file_) {
        TRY(sync_file(file_, store_.files().path_in_tmp(id_)));
        file_.reset();
        etag_ = format_hex(hasher_.finish());
    }
    if (!is_name_synced_) TRY(store_.files().sync_tmp());

    Exchange exchange;
    exchange.object = {.bucket = bucket,
                       .key = key,
                       .etag = etag_,
                       .size_bytes = size_bytes_,
                       .modified = {},
                       .attributes = attributes};
    exchange.object.attributes.part_layout.clear();  // It came as one, a copy of parts as well.
    exchange.file = id_;
    bool in_doubt = false;
    const Result<void> put = store_.put(exchange, conditions, origin, in_doubt);
    is_kept_ = put || in_doubt;  // In doubt, the next start sees whether a row names it.
    give_back();
    if (!put) return put.error();
    return std::move(exchange.object);
}

Result<void> write_from(const Fd& source, std::int64_t size_bytes, Upload& upload) {
    Buffer piece(kPieceBytes);
    std::int64_t offset = 0;
    while (offset < size_bytes) {
        const auto wanted = static_cast<std::size_t>(
            std::min(size_bytes - offset, static_cast<std::int64_t>(piece.size())));
        const std::size_t count =
            TRY(read_at(source, offset, std::span(piece).first(wanted), "the object to be copied"));
        if (count == 0) {
            return Error{Code::unavailable, "The object to be copied was cut meanwhile."};
        }
        TRY(upload.write(Bytes(piece).first(count)));
        offset += static_cast<std::int64_t>(count);
    }
    return {};
}

}  // namespace imagemill::local
