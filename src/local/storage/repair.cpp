#include "local/storage/repair.h"

#include <set>
#include <utility>

#include "local/storage/database.h"
#include "local/storage/files.h"
#include "local/storage/object_files.h"
#include "local/storage/strays.h"

namespace imagemill::local {
namespace {

Result<void> sync_folders(const std::set<std::string>& paths) {
    for (const std::string& path : paths) {
        const Fd folder = TRY(open_folder(path));
        TRY(sync_file(folder, path));
    }
    return {};
}

}  // namespace

Result<std::vector<std::string>> set_strays_aside(const std::string& dir) {
    const ObjectFiles files = TRY(ObjectFiles::open(dir));
    Database catalog = TRY(Database::open(dir + "/catalog.sqlite", Database::Mode::read_only));
    const std::string aside = dir + "/lost+found";
    std::vector<std::string> done;
    std::set<std::string> folders;
    for (const Stray& stray : TRY(find_strays(catalog, files))) {
        if (stray.folder.empty()) continue;
        const std::string folder = dir + "/objects/" + stray.folder;
        const std::string source = folder + "/" + stray.name;
        const std::string target = aside + "/" + stray.folder + "-" + stray.name;
        TRY(make_folder(aside));
        if (TRY(exists(target))) {
            return Error{Code::unavailable, source + " cannot be set aside: there is " + target +
                                                " already. Move that away first."};
        }
        if (!TRY(move_file(source, target))) continue;
        folders.insert({dir, aside, folder});
        done.push_back("Moved " + source + " to " + target + ": no object has it.");
    }
    TRY(sync_folders(folders));
    return done;
}

}  // namespace imagemill::local
