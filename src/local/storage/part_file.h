// part_file: a PartUpload on its way into its place (part_slots.h).
//
// Errors, threads: as PartUpload in multipart.h.
#pragma once

#include <optional>
#include <string>

#include "base/digest.h"
#include "local/storage/directory_multiparts.h"
#include "local/storage/part_slots.h"

namespace imagemill::local {

class PartFile final : public PartUpload {
  public:
    struct Place {
        UploadRef ref;
        int number = 0;
        PartPlace place;
        Fd file;  // Positioned where the part begins.
    };

    PartFile(DirectoryMultiparts& multiparts, Place place)
        : multiparts_(multiparts), place_(std::move(place)) {}
    ~PartFile() override;

    Result<void> write(Bytes bytes) override;
    std::int64_t size_bytes() const override { return size_bytes_; }
    Result<StoredPart> commit(const std::string& checksum) override;

  private:
    DirectoryMultiparts& multiparts_;  // Outlives its parts.
    Place place_;
    Hasher hasher_{DigestKind::md5};
    std::int64_t size_bytes_ = 0;
    std::optional<Error> failure_;  // Of a write: there is a hole, so it stays a failure.
    bool is_spent_ = false;
    bool is_kept_ = false;
};

}  // namespace imagemill::local
