// containment: what a process gives up for good before it touches what strangers sent.
//
// Shapes:  contain() is called once, by a process that has read and loaded all it needs. After it:
//          no other program can be started and no other process made (threads can); no file can be
//          opened but beneath `readable`, and those only for reading; TCP goes to `ports` alone,
//          UDP and every other kind of socket nowhere; no signal, no trace, no new privilege. What
//          is refused fails with EPERM or EACCES; clone3 with ENOSYS, so that libc falls back to
//          clone, whose flags can be looked at. Where the kernel has no Landlock, opening files is
//          refused altogether and `ports` are not enforced; kernel_features() says so beforehand.
// Errors:  contain: unavailable  the kernel has a feature and refuses it: names it and why.
// Threads: contain() with the only thread of the process: threads that are there keep their rights.
// Cost:    some 30 system calls; then a table walk a system call (about 0.1 us).
// Source:  seccomp(2), landlock(7), prctl(2) PR_SET_NO_NEW_PRIVS.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace imagemill::local {

struct ContainmentOptions {
    std::vector<int> ports;
    std::vector<std::string> readable;  // Files or folders; what is not there is left out.
};

Result<void> contain(const ContainmentOptions& options);

// What a program of this machine may yet have to load: the folders this one's own libraries lie
// in, and the loader's index of them.
std::vector<std::string> library_paths();
// What fontconfig reads when a drawing has text in it.
std::vector<std::string> font_paths();

struct KernelFeatures {
    bool seccomp = false;
    int landlock_abi = 0;  // 0: none; from 4 on it knows TCP.
};
KernelFeatures kernel_features();
// What is lacking, in a sentence for `serve`; empty where nothing is.
std::string describe_lacks(const KernelFeatures& features);

}  // namespace imagemill::local
