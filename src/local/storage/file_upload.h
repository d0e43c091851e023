// file_upload: an Upload on its way through tmp/ into a DirectoryStore.
//
// Errors, threads: as Upload in disk_store.h.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/digest.h"
#include "local/storage/directory_store.h"
#include "local/storage/fresh_files.h"

namespace imagemill::local {

class FileUpload final : public Upload {
  public:
    FileUpload(DirectoryStore& store, FreshFile fresh)
        : store_(store),
          id_(std::move(fresh.id)),
          file_(std::move(fresh.file)),
          is_name_synced_(fresh.is_synced),
          is_fresh_(true) {}
    // Of bytes that are all there, on the disk and known.
    FileUpload(DirectoryStore& store, std::string id, std::string etag, std::int64_t size_bytes)
        : store_(store), id_(std::move(id)), etag_(std::move(etag)), size_bytes_(size_bytes) {}
    ~FileUpload() override;

    Result<void> write(Bytes bytes) override;
    std::int64_t size_bytes() const override { return size_bytes_; }
    Result<StoredObject> commit(const std::string& bucket, const std::string& key,
                                const Attributes& attributes, const WriteConditions& conditions,
                                const Origin& origin) override;

  private:
    void give_back();

    DirectoryStore& store_;  // Outlives its uploads.
    std::string id_;
    Fd file_;           // None where the bytes are there already;
    std::string etag_;  // and then this is theirs.
    Hasher hasher_{DigestKind::md5};
    std::int64_t size_bytes_ = 0;
    std::optional<Error> failure_;  // Of a write: the file has a hole, so it stays a failure.
    bool is_name_synced_ = false;
    bool is_fresh_ = false;  // To be given back.
    bool is_spent_ = false;
    bool is_kept_ = false;
};

// invalid_argument, as disk_store.h has it.
Result<void> check_key(const std::string& key);
Result<void> check_attributes(const Attributes& attributes);

// Reads `size_bytes` of `source`, from its start, into `upload`.
Result<void> write_from(const Fd& source, std::int64_t size_bytes, Upload& upload);

}  // namespace imagemill::local
