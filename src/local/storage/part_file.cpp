#include "local/storage/part_file.h"

#include <utility>

#include "base/check.h"
#include "base/encodings.h"
#include "local/storage/files.h"

namespace imagemill::local {

PartFile::~PartFile() {
    multiparts_.release(place_.ref, place_.number, place_.place, is_kept_);
}

Result<void> PartFile::write(Bytes bytes) {
    CHECK(!is_spent_);
    if (failure_) return *failure_;
    const auto size = static_cast<std::int64_t>(bytes.size());
    // A slot ends where the next part begins.
    CHECK(place_.place.slot_bytes == 0 || size_bytes_ + size <= place_.place.slot_bytes);
    const Result<void> written =
        write_all(place_.file, bytes, multiparts_.files().path_in_tmp(place_.place.file));
    if (!written) {
        failure_ = written.error();
        return written;
    }
    hasher_.update(bytes);
    size_bytes_ += size;
    return {};
}

Result<StoredPart> PartFile::commit(const std::string& checksum) {
    CHECK(!std::exchange(is_spent_, true));
    if (failure_) return *failure_;
    TRY(sync_file(place_.file, multiparts_.files().path_in_tmp(place_.place.file)));
    place_.file.reset();
    TRY(multiparts_.files().sync_tmp());

    PartRow row = {.part = {.number = place_.number,
                            .etag = format_hex(hasher_.finish()),
                            .size_bytes = size_bytes_,
                            .modified = {},
                            .checksum = checksum},
                   .file = place_.place.file,
                   .offset_bytes = place_.place.offset_bytes};
    bool in_doubt = false;
    const Result<void> put = multiparts_.put(place_.ref, row, place_.place.slot_bytes, in_doubt);
    is_kept_ = put || in_doubt;  // In doubt, the next start sees whether a row names it.
    if (!put) return put.error();
    return std::move(row.part);
}

}  // namespace imagemill::local
