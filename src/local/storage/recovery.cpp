#include "local/storage/recovery.h"

#include <set>

#include "local/storage/catalog_queue.h"
#include "local/storage/files.h"
#include "local/storage/object_table.h"

namespace imagemill::local {
namespace {

// What uploads in progress have in tmp/.
Result<std::set<std::string>> named_by_uploads(Database& database) {
    Statement select = TRY(database.prepare(
        "SELECT file FROM parts UNION SELECT slots_file FROM uploads WHERE slots_file <> ''"));
    std::set<std::string> named;
    while (TRY(select.step())) named.insert(select.text(0));
    return named;
}

// Which of `ids` an object's row names. No index by file: it would cost every upload a page.
Result<std::set<std::string>> named_by_rows(Database& database, const std::set<std::string>& ids) {
    std::set<std::string> named;
    if (ids.empty()) return named;
    Statement select = TRY(database.prepare("SELECT file FROM objects"));
    while (TRY(select.step())) {
        std::string file = select.text(0);
        if (ids.contains(file)) named.insert(std::move(file));
    }
    return named;
}

struct Swept {
    std::int64_t settled = 0;
    std::int64_t removed = 0;
};

Result<Swept> sweep_tmp(Catalog& catalog, const ObjectFiles& files) {
    const std::vector<std::string> names = TRY(files.names_in_tmp());
    const std::set<std::string> found(names.begin(), names.end());
    const std::set<std::string> named =
        TRY(catalog.read([&](Database& database) { return named_by_rows(database, found); }));
    const std::set<std::string> in_progress = TRY(catalog.read(named_by_uploads));
    Swept swept;
    for (const std::string& name : found) {
        if (in_progress.contains(name)) continue;
        if (named.contains(name)) {
            TRY(files.settle(name));
            ++swept.settled;
        } else if (TRY(remove_file(files.path_in_tmp(name)))) {
            ++swept.removed;
        }
    }
    return swept;
}

Result<std::int64_t> clear_garbage(Catalog& catalog, const ObjectFiles& files) {
    const std::vector<std::string> garbage = TRY(catalog.read(all_garbage));
    for (const std::string& id : garbage) TRY(files.remove(id));
    if (!garbage.empty()) TRY(forget_removed(catalog, files, garbage));
    return std::ssize(garbage);
}

}  // namespace

Result<void> recover(Catalog& catalog, const ObjectFiles& files, const Log& log) {
    const Swept swept = TRY(sweep_tmp(catalog, files));
    const std::int64_t garbage = TRY(clear_garbage(catalog, files));
    std::int64_t requeued = 0;
    TRY(catalog.write(Sync::full, [&](Database& database) {
        return requeue_running_events(database, requeued);
    }));
    if (swept.settled + swept.removed + garbage + requeued == 0) return {};
    log.info("brought in order what the last run left", {{"uploads_finished", swept.settled},
                                                         {"uploads_dropped", swept.removed},
                                                         {"old_files_removed", garbage},
                                                         {"events_requeued", requeued}});
    return {};
}

Result<void> forget_removed(Catalog& catalog, const ObjectFiles& files,
                            const std::vector<std::string>& ids) {
    TRY(files.sync_removed(ids));
    // Forgetting may itself be forgotten: the next start then removes what is not there.
    return catalog.write(Sync::normal,
                         [&](Database& database) { return forget_garbage(database, ids); });
}

}  // namespace imagemill::local
