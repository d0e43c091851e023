// directory_multiparts: the Multiparts of a DirectoryStore.
//
// Errors, threads, cost: as multipart.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "local/storage/assembly.h"
#include "local/storage/multipart_table.h"
#include "local/storage/object_files.h"
#include "local/storage/part_slots.h"

namespace imagemill::local {

class Catalog;
class DirectoryStore;

class DirectoryMultiparts final : public Multiparts {
  public:
    // Both outlive it.
    DirectoryMultiparts(DirectoryStore& store, const Clock& clock) : store_(store), clock_(clock) {}

    Result<std::string> create(const std::string& bucket, const std::string& key,
                               const Attributes& attributes, const std::string& principal) override;
    Result<OpenUpload> find(const UploadRef& ref) override;
    Result<std::optional<CompletedUpload>> find_completed(const UploadRef& ref) override;
    Result<std::unique_ptr<PartUpload>> begin_part(const UploadRef& ref, int number,
                                                   std::int64_t size_bytes) override;
    Result<PartPage> parts(const UploadRef& ref, int after_number, int count_max) override;
    Result<UploadPage> list(const std::string& bucket, const UploadQuery& query) override;
    Result<StoredObject> complete(const Completion& completion, const WriteConditions& conditions,
                                  const Origin& origin) override;
    Result<void> abort(const UploadRef& ref) override;

    // For PartFile.
    const ObjectFiles& files() const;
    // Commits the part; `row.part.modified` is set. `in_doubt` as in Change.
    Result<void> put(const UploadRef& ref, PartRow& row, std::int64_t slot_bytes, bool& in_doubt);
    void release(const UploadRef& ref, int number, const PartPlace& place, bool is_kept);

    // After uploads were deleted by others: their files, and what was under way.
    void discard(const std::vector<std::string>& files);

  private:
    Catalog& catalog();
    Result<UploadRow> find_row(const UploadRef& ref);
    Result<Fd> open_place(const PartPlace& place, const UploadRow& row) const;
    Result<std::vector<PartRow>> choose_rows(const Completion& completion, Slots& slots);

    DirectoryStore& store_;
    const Clock& clock_;
    PartSlots slots_;
};

}  // namespace imagemill::local
