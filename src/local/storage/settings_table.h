// settings_table: the settings of buckets in the catalog, and the notifications among them.
//
// Errors, threads: as object_table.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "local/storage/bucket_settings.h"
#include "local/storage/catalog.h"
#include "local/storage/database.h"

namespace imagemill::local {

Result<std::optional<std::string>> find_setting(Database& database, const std::string& bucket,
                                                const std::string& name);
Result<void> put_setting(Database& database, const std::string& bucket, const std::string& name,
                         const std::string& text);
Result<void> delete_setting(Database& database, const std::string& bucket, const std::string& name);
Result<void> delete_settings(Database& database, const std::string& bucket);

// The owner's, or else those of `defaults` that are the bucket's.
Result<std::vector<Notification>> notifications_of(Database& database, const std::string& bucket,
                                                   const std::vector<Notification>& defaults);

// JSON, as the table keeps it; `bucket` is not in it.
std::string format_notifications(const std::vector<Notification>& notifications);
Result<std::vector<Notification>> parse_notifications(const std::string& text,
                                                      const std::string& bucket);

class CatalogSettings final : public BucketSettings {
  public:
    // Both outlive the settings.
    CatalogSettings(Catalog& catalog, const std::vector<Notification>& defaults)
        : catalog_(catalog), defaults_(defaults) {}

    Result<std::optional<std::string>> find(const std::string& bucket,
                                            const std::string& name) override;
    Result<void> put(const std::string& bucket, const std::string& name,
                     const std::string& text) override;
    Result<void> remove(const std::string& bucket, const std::string& name) override;
    Result<std::vector<Notification>> notifications(const std::string& bucket) override;
    Result<void> set_notifications(const std::string& bucket,
                                   const std::vector<Notification>& notifications) override;

  private:
    Catalog& catalog_;
    const std::vector<Notification>& defaults_;
};

}  // namespace imagemill::local
