// file_upload: an Upload on its way through tmp/ into a DirectoryStore.
//
// Errors, threads: as Upload in disk_store.h.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/digest.h"
#include "local/storage/directory_store.h"

namespace imagemill::local {

class FileUpload final : public Upload {
  public:
    FileUpload(DirectoryStore& store, std::string id, Fd file)
        : store_(store), id_(std::move(id)), file_(std::move(file)) {}
    ~FileUpload() override;

    Result<void> write(Bytes bytes) override;
    std::int64_t size_bytes() const override { return size_bytes_; }
    Result<StoredObject> commit(const std::string& bucket, const std::string& key,
                                const Attributes& attributes, const WriteConditions& conditions,
                                const Origin& origin) override;

  private:
    DirectoryStore& store_;  // Outlives its uploads.
    std::string id_;
    Fd file_;
    Hasher hasher_{DigestKind::md5};
    std::int64_t size_bytes_ = 0;
    std::optional<Error> failure_;  // Of a write: the file has a hole, so it stays a failure.
    bool is_spent_ = false;
    bool is_kept_ = false;
};

}  // namespace imagemill::local
