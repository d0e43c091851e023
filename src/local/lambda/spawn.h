// spawn: the moment a process begins: what its child does between vfork and exec, and what the
// parent learns of it.
//
// Shapes:  As process.h has it. Without a program the child tries all but exec: that it may run and
//          read what is visible, and ends.
// Errors:  unavailable  the child says what failed, and why.
// Threads: any; the caller waits until the program begins.
// Cost:    vfork and exec: nothing of our memory is copied. Each wall of isolation.h costs its own.
// Source:  vfork(2), prctl(2), close_range(2).
#pragma once

#include <sys/types.h>

#include <vector>

#include "local/lambda/process.h"

namespace imagemill::local {

struct Started {
    pid_t pid = -1;
    Fd output;
    std::vector<Fd> listeners;
};

Result<Started> spawn(const ProcessOptions& options);

}  // namespace imagemill::local
