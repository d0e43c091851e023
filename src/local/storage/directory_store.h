// directory_store: the DiskStore, over the files and the catalog of one directory.
//
// Errors, threads, cost: as disk_store.h.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "local/storage/catalog.h"
#include "local/storage/catalog_queue.h"
#include "local/storage/directory_multiparts.h"
#include "local/storage/disk_store.h"
#include "local/storage/fresh_files.h"
#include "local/storage/object_files.h"
#include "local/storage/object_table.h"
#include "local/storage/settings_table.h"

namespace imagemill::local {

// What an upload or a removal asks of the catalog, and what it learns from it.
struct Exchange {
    StoredObject object;
    std::string file;    // Empty for a removal.
    std::string former;  // The file that it replaced or removed, if any.
    bool has_events = false;
    // What else belongs into the commit, before the object's row is written; nothing.
    std::function<Result<void>(Database&)> also = {};
};

class DirectoryStore final : public DiskStore {
  public:
    struct Parts {
        Fd lock;
        ObjectFiles files;
        std::unique_ptr<Catalog> catalog;
    };

    DirectoryStore(DiskStoreOptions options, Parts parts, const Clock& clock, const Log& log)
        : options_(std::move(options)),
          clock_(clock),
          log_(log),
          parts_(std::move(parts)),
          fresh_files_(files()),
          settings_(catalog(), options_.notifications),
          queue_(catalog(), clock),
          multiparts_(*this, clock) {}
    ~DirectoryStore() override;

    Result<void> create_bucket(const std::string& name) override;
    Result<void> head_bucket(const std::string& name) override;
    Result<std::vector<StoredBucket>> list_buckets() override;
    Result<void> remove_bucket(const std::string& name) override;
    Result<std::unique_ptr<Upload>> begin() override;
    Result<std::unique_ptr<Upload>> copy(const OpenedObject& source) override;
    Result<StoredObject> head(const std::string& bucket, const std::string& key) override;
    Result<OpenedObject> open(const std::string& bucket, const std::string& key) override;
    Result<void> remove(const std::string& bucket, const std::string& key,
                        const WriteConditions& conditions, const Origin& origin) override;
    Result<std::vector<Result<void>>> remove_all(const std::string& bucket,
                                                 const std::vector<Removal>& removals,
                                                 const Origin& origin) override;
    Result<void> tag(const std::string& bucket, const std::string& key,
                     const std::map<std::string, std::string>& tags) override;
    Result<ListAnswer> list(const std::string& bucket, const ListQuery& query) override;
    Multiparts& multiparts() override { return multiparts_; }
    BucketSettings& settings() override { return settings_; }
    EventQueue& events() override { return queue_; }
    Result<std::vector<Finding>> check(
        const std::function<void(std::int64_t, std::int64_t)>& progress) override;

    // From here on for FileUpload and DirectoryMultiparts.
    Catalog& catalog() { return *parts_.catalog; }
    const ObjectFiles& files() const { return parts_.files; }
    FreshFiles& fresh_files() { return fresh_files_; }
    // Makes `exchange.object` the object, durably, with its events. `in_doubt` as in Change.
    Result<void> put(Exchange& exchange, const WriteConditions& conditions, const Origin& origin,
                     bool& in_doubt);
    // Removes a file that no row names any more; its garbage row stands yet. Empty: nothing.
    void discard(const std::string& file);

  private:
    Result<ObjectRow> find(const std::string& bucket, const std::string& key);
    Result<void> remove_one(Database& database, Exchange& exchange,
                            const WriteConditions& conditions, const Origin& origin) const;
    Result<void> insert_events(Database& database, Exchange& exchange, const Origin& origin) const;
    Error missing_file(const ObjectRow& row) const;
    void forget_garbage_files(const std::vector<std::string>& files);

    DiskStoreOptions options_;
    const Clock& clock_;  // Outlives the store,
    const Log& log_;      // and so does this.
    Parts parts_;
    FreshFiles fresh_files_;
    CatalogSettings settings_;
    CatalogQueue queue_;
    DirectoryMultiparts multiparts_;

    std::mutex mutex_;
    std::vector<std::string> removed_;  // Files whose garbage rows stand yet. Guarded by mutex_.
};

}  // namespace imagemill::local
