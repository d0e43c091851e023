#include "local/storage/strays.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encodings.h"
#include "local/storage/files.h"

namespace imagemill::local {
namespace {

using FileId = std::array<std::byte, 16>;

FileId file_id_of(const std::string& hex) {
    FileId id = {};
    const Result<Buffer> bytes = parse_hex(hex);
    if (bytes && bytes->size() == id.size()) std::ranges::copy(*bytes, id.begin());
    return id;
}

// Notes what is out of place, and returns what is in its place.
Result<std::vector<FileId>> walk_objects(const ObjectFiles& files, std::vector<Stray>& strays) {
    std::vector<FileId> ids;
    for (const std::string& folder : TRY(files.folders())) {
        const Result<std::vector<std::string>> names = files.names_in_folder(folder);
        if (!names) strays.push_back({.what = names.error().message});
        if (!names) continue;
        for (const std::string& name : *names) {
            if (ObjectFiles::is_id(name) && name.starts_with(folder)) {
                ids.push_back(file_id_of(name));
            } else {
                strays.push_back(
                    {.what = "The file " + name + " does not belong in objects/" + folder + ".",
                     .folder = folder,
                     .name = name});
            }
        }
    }
    return ids;
}

}  // namespace

Result<std::vector<Stray>> find_strays(Database& database, const ObjectFiles& files) {
    std::vector<Stray> strays;
    std::vector<FileId> unnamed = TRY(walk_objects(files, strays));
    std::ranges::sort(unnamed);
    std::vector<bool> is_named(unnamed.size());
    Statement select =
        TRY(database.prepare("SELECT file FROM objects UNION ALL SELECT file FROM garbage "
                             "UNION ALL SELECT file FROM parts "
                             "UNION ALL SELECT slots_file FROM uploads"));
    while (TRY(select.step())) {
        const FileId id = file_id_of(select.text(0));
        const auto found = std::ranges::lower_bound(unnamed, id);
        if (found == unnamed.end() || *found != id) continue;
        is_named[static_cast<std::size_t>(found - unnamed.begin())] = true;
    }
    for (std::size_t i = 0; i < unnamed.size(); ++i) {
        if (is_named[i]) continue;
        const std::string name = format_hex(unnamed[i]);
        const std::string path = files.path_in_objects(name);
        if (!TRY(exists(path))) continue;
        strays.push_back({.what = "No object has the file " + path + ".",
                          .folder = ObjectFiles::folder_of(name),
                          .name = name});
    }
    return strays;
}

}  // namespace imagemill::local
