#include "local/lambda/inner_files.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>

namespace imagemill::local {
namespace {

// Where the new root is put together: a folder that every machine has, and that nothing visible is
// in.
constexpr const char* kPlace = "/proc";
constexpr const char* kTmp = "/proc/tmp";
constexpr const char* kRootOptions = "size=1m,nr_inodes=1024,mode=0755";
constexpr unsigned long kTmpFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
constexpr const char* kTmpOptions = "size=64m,nr_inodes=4096,mode=1777";
static_assert(kTmpBytesMax == INT64_C(64) << 20);  // As the line above says.

bool lies_in(const std::filesystem::path& path, const std::set<std::filesystem::path>& others) {
    for (auto parent = path.parent_path();; parent = parent.parent_path()) {
        if (others.contains(parent)) return true;
        if (!parent.has_relative_path()) return false;
    }
}

bool make_folder(const char* path) {
    return ::mkdir(path, 0755) == 0 || errno == EEXIST;
}

bool make_file(const char* path) {
    return ::mknod(path, S_IFREG | 0444, 0) == 0 || errno == EEXIST;
}

bool put(const InnerFiles::Mount& mount) {
    const char* const target = mount.target.c_str();
    if (!(mount.is_folder ? make_folder(target) : make_file(target))) return false;
    return ::mount(mount.source.c_str(), target, nullptr, MS_BIND | MS_REC, nullptr) == 0;
}

bool change_flags(const char* place, unsigned flags, std::uint64_t set, std::uint64_t clear) {
    mount_attr attributes{};
    attributes.attr_set = set;
    attributes.attr_clr = clear;
    return ::syscall(SYS_mount_setattr, AT_FDCWD, place, flags, &attributes, sizeof attributes) ==
           0;
}

// What a mount of the machine forbids already stays forbidden.
bool make_read_only() {
    constexpr std::uint64_t kForbidden = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    return change_flags(kPlace, AT_RECURSIVE, kForbidden, 0) &&
           change_flags(kTmp, 0, 0, MOUNT_ATTR_RDONLY);
}

// The old root comes to lie on the new one, from where it is taken away.
bool enter() {
    return ::chdir(kPlace) == 0 && ::syscall(SYS_pivot_root, ".", ".") == 0 &&
           ::umount2(".", MNT_DETACH) == 0 && ::chdir("/") == 0;
}

}  // namespace

InnerFiles plan_inner_files(const std::vector<std::string>& visible) {
    InnerFiles plan;
    std::set<std::filesystem::path> paths;
    for (const std::string& path : visible) {
        std::error_code error;
        if (std::filesystem::exists(path, error)) {
            paths.insert(std::filesystem::path(path).lexically_normal());
        }
    }
    std::set<std::filesystem::path> folders;
    for (const std::filesystem::path& path : paths) {
        if (lies_in(path, paths)) continue;
        std::filesystem::path above;
        for (const auto& part : path.relative_path().parent_path()) {
            above /= part;
            folders.insert(kPlace / above);
        }
        std::error_code error;
        plan.mounts.push_back({.source = path.string(),
                               .target = kPlace + path.string(),
                               .is_folder = std::filesystem::is_directory(path, error)});
    }
    for (const std::filesystem::path& folder : folders) plan.folders.push_back(folder.string());
    return plan;
}

bool set_up_inner_files(const InnerFiles& plan, const char*& failed) {
    failed = "/";
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    failed = kPlace;
    if (::mount("none", kPlace, "tmpfs", MS_NOSUID | MS_NODEV, kRootOptions) != 0) return false;
    failed = kTmp;  // First, since the program may lie in it.
    if (!make_folder(kTmp) || ::mount("none", kTmp, "tmpfs", kTmpFlags, kTmpOptions) != 0) {
        return false;
    }
    for (const std::string& folder : plan.folders) {
        failed = folder.c_str();
        if (!make_folder(failed)) return false;
    }
    for (const InnerFiles::Mount& mount : plan.mounts) {
        failed = mount.source.c_str();
        if (!put(mount)) return false;
    }
    failed = "mount_setattr";
    if (!make_read_only()) return false;
    failed = "pivot_root";
    return enter();
}

}  // namespace imagemill::local
