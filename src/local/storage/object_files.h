// object_files: the bytes of objects as files, and where they lie.
//
// Shapes:  An id is 32 hex digits, never used twice. <dir>/tmp/<id> is a file that the catalog may
//          or may not name yet; <dir>/objects/<first two digits>/<id> is one that it names or
//          named. A file is written in tmp/, committed to the catalog, and only then settled into
//          objects/. So whatever a crash leaves is in tmp/ or in the catalog's list of garbage, and
//          no start has to walk objects/.
// Errors:  unavailable (the disk), as files.h.
// Threads: any. A file may be settled or removed while another thread opens it: each of the two
//          places is looked at until it is found, or is in neither.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace imagemill::local {

class ObjectFiles final {
  public:
    // Makes the folders that are missing.
    static Result<ObjectFiles> open(const std::string& dir);

    static std::string make_id();
    static bool is_id(const std::string& name);
    // Of objects/.
    static std::string folder_of(const std::string& id);

    std::string path_in_tmp(const std::string& id) const { return tmp_ + "/" + id; }
    std::string path_in_objects(const std::string& id) const;

    Result<Fd> create(const std::string& id) const;
    // An upload's file that several write to, in tmp/. Nothing, where it must be there and is not.
    Result<std::optional<Fd>> open_for_writing(const std::string& id) const;
    Result<Fd> create_or_open(const std::string& id) const;
    // A second name for an open file's bytes, in tmp/. False where the file system or the system
    // will not have it: then they are to be copied.
    Result<bool> link(const Fd& file, const std::string& id) const;
    // Until the names in tmp/ are on the disk.
    Result<void> sync_tmp() const;
    // From tmp/ to its place. Fine if it has been settled or removed.
    Result<void> settle(const std::string& id) const;
    // Nothing, where there is no such file.
    Result<std::optional<Fd>> open_for_reading(const std::string& id) const;
    Result<void> remove(const std::string& id) const;
    // Until none of these, all removed, can come back with a power cut.
    Result<void> sync_removed(const std::vector<std::string>& ids) const;

    // Whatever lies there, whether an id or not.
    Result<std::vector<std::string>> names_in_tmp() const { return list(tmp_); }
    Result<std::vector<std::string>> folders() const { return list(objects_); }
    Result<std::vector<std::string>> names_in_folder(const std::string& folder) const;

  private:
    ObjectFiles(const std::string& dir, Fd tmp_folder)
        : tmp_(dir + "/tmp"), objects_(dir + "/objects"), tmp_folder_(std::move(tmp_folder)) {}
    static Result<std::vector<std::string>> list(const std::string& path);

    std::string tmp_;
    std::string objects_;
    Fd tmp_folder_;
};

}  // namespace imagemill::local
