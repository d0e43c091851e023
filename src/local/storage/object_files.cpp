#include "local/storage/object_files.h"

#include <algorithm>

#include "base/random.h"
#include "local/storage/files.h"

namespace imagemill::local {
namespace {

constexpr std::size_t kIdDigits = 32;
constexpr std::size_t kFolderDigits = 2;

bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

Result<ObjectFiles> ObjectFiles::open(const std::string& dir) {
    TRY(make_folder(dir + "/tmp"));
    TRY(make_folder(dir + "/objects"));
    Fd tmp_folder = TRY(open_folder(dir + "/tmp"));
    return ObjectFiles(dir, std::move(tmp_folder));
}

std::string ObjectFiles::make_id() {
    return random_hex(kIdDigits / 2);
}

bool ObjectFiles::is_id(const std::string& name) {
    return name.size() == kIdDigits && std::ranges::all_of(name, is_hex_digit);
}

std::string ObjectFiles::folder_of(const std::string& id) {
    return id.substr(0, kFolderDigits);
}

std::string ObjectFiles::path_in_objects(const std::string& id) const {
    return objects_ + "/" + folder_of(id) + "/" + id;
}

Result<Fd> ObjectFiles::create(const std::string& id) const {
    return create_file(path_in_tmp(id));
}

Result<std::optional<Fd>> ObjectFiles::open_for_writing(const std::string& id) const {
    return open_file_for_writing(path_in_tmp(id));
}

Result<Fd> ObjectFiles::create_or_open(const std::string& id) const {
    return create_or_open_file(path_in_tmp(id));
}

Result<bool> ObjectFiles::link(const Fd& file, const std::string& id) const {
    return link_file(file, path_in_tmp(id));
}

Result<void> ObjectFiles::sync_tmp() const {
    return sync_file(tmp_folder_, tmp_);
}

Result<void> ObjectFiles::settle(const std::string& id) const {
    const std::string target = path_in_objects(id);
    if (TRY(move_file(path_in_tmp(id), target))) return {};
    // Its folder is missing (made when first needed), or the file is.
    TRY(make_folder(target.substr(0, target.rfind('/'))));
    TRY(move_file(path_in_tmp(id), target));
    return {};
}

Result<std::optional<Fd>> ObjectFiles::open_for_reading(const std::string& id) const {
    // Files move one way only, so this order misses none.
    for (const auto& path : {path_in_objects(id), path_in_tmp(id), path_in_objects(id)}) {
        std::optional<Fd> file = TRY(open_file(path));
        if (file) return file;
    }
    return std::optional<Fd>();
}

Result<void> ObjectFiles::remove(const std::string& id) const {
    for (const auto& path : {path_in_objects(id), path_in_tmp(id), path_in_objects(id)}) {
        if (TRY(remove_file(path))) return {};
    }
    return {};
}

Result<void> ObjectFiles::sync_removed(const std::vector<std::string>& ids) const {
    std::set<std::string> folders = {tmp_};
    for (const std::string& id : ids) folders.insert(objects_ + "/" + folder_of(id));
    for (const std::string& path : folders) {
        if (!TRY(exists(path))) continue;
        const Fd folder = TRY(open_folder(path));
        TRY(sync_file(folder, path));
    }
    return {};
}

Result<std::vector<std::string>> ObjectFiles::names_in_folder(const std::string& folder) const {
    return list(objects_ + "/" + folder);
}

Result<std::vector<std::string>> ObjectFiles::list(const std::string& path) {
    return list_folder(path);
}

}  // namespace imagemill::local
