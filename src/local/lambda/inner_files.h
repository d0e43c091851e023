// inner_files: a view of files of its own for a child: chosen files and folders of the machine at
// their paths, and an empty /tmp.
//
// Shapes:  The parent plans, the child, in a new mount namespace, acts: a small file system in
//          memory becomes its root, and what was the root is let go. Everything is read-only but
//          /tmp, which takes kTmpBytesMax and runs no program; nothing is a device or set-user-ID.
// Errors:  set_up: false, errno says why and `failed` what could not be mounted.
// Threads: set_up runs in a child that shares its parent's memory: it calls what is
//          async-signal-safe, and nothing else.
// Cost:    0.3 ms, and 0.2 to 3 ms more until the kernel has let go of the old root, the busier
//          the machine the longer (medians). To move the new root and chroot would save that and
//          leave the old one beneath.
// Source:  mount_namespaces(7), pivot_root(2), mount_setattr(2) (Linux 5.12), tmpfs(5).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace imagemill::local {

// In memory, hence less than Lambda's 512 MB: neither function writes there.
inline constexpr std::int64_t kTmpBytesMax = INT64_C(64) << 20;

struct InnerFiles {
    struct Mount {
        std::string source;
        std::string target;
        bool is_folder = false;
    };
    std::vector<std::string> folders;  // To be made for the targets, parents first.
    std::vector<Mount> mounts;
};

// Of absolute paths; what is not there is left out, and what lies in another is there with it.
InnerFiles plan_inner_files(const std::vector<std::string>& visible);

bool set_up_inner_files(const InnerFiles& plan, const char*& failed);

}  // namespace imagemill::local
