// process: a program that runs apart from us: a process group of its own, none of our descriptors,
// its output handed back line by line, and gone when we are.
//
// Shapes:  standard input is /dev/null, standard output and error are one pipe; the working
//          directory is /; signals are as at boot; no core is dumped; no
//          program it starts may gain a privilege.
// Errors:  unavailable  it cannot be started: names the program and why.
// Threads: start_process's caller must outlive the process: the kernel kills it with that thread
//          (PR_SET_PDEATHSIG), so that kill -9 of the server leaves nothing behind. kill(), drain()
//          and memory_bytes() on any. `on_line` and `on_exit` run on a thread of the process's
//          own; `on_line` also on drain()'s, never two at once.
// Cost:    spawn.h's. One thread, asleep in poll(2).
// Source:  prctl(2), pidfd_open(2).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "local/lambda/isolation.h"

namespace imagemill::local {

// Of each process; what passes one fails there, as any program's does.
struct ProcessLimits {
    std::int64_t memory_bytes_max = 0;  // Of data it may write to; 0: none. Not under a sanitizer.
    std::int64_t file_bytes_max = 0;    // Of a file it writes; 0: none.
    int descriptors_max = 1'024;
    int threads_max = 64;  // Where the process is, or is in, a user or user namespace of its own.
};

struct ProcessOptions {
    std::string program;                   // An absolute path.
    std::vector<std::string> environment;  // "NAME=value"; all of it.
    ProcessLimits limits = {};
    Isolation isolation = {};  // `user`: of this process.
};

struct ProcessExit {
    int wait_status = 0;                // As wait(2) gives it.
    std::int64_t memory_bytes_max = 0;  // Of rusage: counts at least what the server had itself.
};

struct ProcessCallbacks {
    std::function<void(std::string_view line)> on_line;
    std::function<void(const ProcessExit& exit)> on_exit;  // Once, after the last line.
};

class Process {
  public:
    virtual ~Process() = default;  // Kills it and waits.
    virtual int pid() const = 0;
    // Of an inner network, in the order of kInnerPorts; once.
    virtual std::vector<Fd> take_listeners() = 0;
    virtual bool is_alive() const = 0;
    // The whole group, with SIGKILL.
    virtual void kill() = 0;
    // Hands over whatever the process has written until now.
    virtual void drain() = 0;
    // The most it had resident until now; 0 once it is gone.
    virtual std::int64_t memory_bytes_max() const = 0;
};

Result<std::unique_ptr<Process>> start_process(const ProcessOptions& options,
                                               ProcessCallbacks callbacks);

}  // namespace imagemill::local
