#include "local/lambda/process.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/encodings.h"
#include "local/lambda/line_joiner.h"
#include "local/lambda/spawn.h"

namespace imagemill::local {
namespace {

class ChildProcess final : public Process {
  public:
    ChildProcess(Started started, Fd pidfd, ProcessCallbacks callbacks)
        : pid_(started.pid),
          pidfd_(std::move(pidfd)),
          output_(std::move(started.output)),
          listeners_(std::move(started.listeners)),
          on_exit_(std::move(callbacks.on_exit)),
          joiner_(std::move(callbacks.on_line)) {}

    ~ChildProcess() override {
        kill();
        if (watcher_.joinable()) {
            watcher_.join();
        } else {
            reap();
        }
    }

    Result<void> watch() {
        try {
            watcher_ = std::thread([this] { run(); });
            return {};
        } catch (const std::system_error& error) {
            return Error{Code::unavailable, std::string("no thread: ") + error.what()};
        }
    }

    int pid() const override { return pid_; }

    std::vector<Fd> take_listeners() override { return std::exchange(listeners_, {}); }

    bool is_alive() const override {
        const std::lock_guard lock(pid_mutex_);
        return !reaped_;
    }

    void kill() override {
        const std::lock_guard lock(pid_mutex_);
        if (!reaped_) ::kill(-pid_, SIGKILL);
    }

    void drain() override {
        const std::lock_guard lock(output_mutex_);
        read_available();
    }

    std::int64_t memory_bytes_max() const override {
        const std::lock_guard lock(pid_mutex_);
        if (reaped_) return 0;
        std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
        for (std::string line; std::getline(status, line);) {
            if (!line.starts_with("VmHWM:")) continue;
            const std::size_t from = line.find_first_of("0123456789");
            const std::size_t end = line.find_first_not_of("0123456789", from);
            if (from == line.npos) return 0;
            const auto kilobytes = parse_count(std::string_view(line).substr(from, end - from));
            return kilobytes ? *kilobytes * 1'024 : 0;
        }
        return 0;
    }

  private:
    void run() {
        std::array<pollfd, 2> polled{pollfd{pidfd_.get(), POLLIN, 0},
                                     pollfd{output_.get(), POLLIN, 0}};
        while ((polled[0].revents & POLLIN) == 0) {
            if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) break;
            if (polled[1].revents == 0) continue;
            const std::lock_guard lock(output_mutex_);
            // Once it is closed poll would return for ever; a negative descriptor is ignored.
            if (!read_available()) polled[1].fd = -1;
        }
        const ProcessExit exit = reap();
        {
            const std::lock_guard lock(output_mutex_);
            read_available();
            joiner_.finish();
        }
        on_exit_(exit);
    }

    // What the group left behind goes first, while its number cannot be anyone else's.
    ProcessExit reap() {
        const std::lock_guard lock(pid_mutex_);
        ProcessExit exit;
        rusage usage{};
        ::kill(-pid_, SIGKILL);
        while (::wait4(pid_, &exit.wait_status, 0, &usage) < 0 && errno == EINTR) {
        }
        reaped_ = true;
        exit.memory_bytes_max = usage.ru_maxrss * INT64_C(1'024);
        return exit;
    }

    // False at the end. output_mutex_ is held.
    bool read_available() {
        std::array<char, 16 * 1024> buffer{};
        for (;;) {
            const ssize_t count = ::read(output_.get(), buffer.data(), buffer.size());
            if (count > 0) {
                joiner_.feed({buffer.data(), static_cast<std::size_t>(count)});
            } else if (count == 0 || errno != EINTR) {
                return count != 0 && errno == EAGAIN;
            }
        }
    }

    const pid_t pid_;
    const Fd pidfd_;
    const Fd output_;
    std::vector<Fd> listeners_;
    const std::function<void(const ProcessExit&)> on_exit_;
    std::mutex output_mutex_;  // Guards joiner_ and reading output_.
    LineJoiner joiner_;
    mutable std::mutex pid_mutex_;  // Guards reaped_: pid_ means our child only until then.
    bool reaped_ = false;
    std::thread watcher_;
};

}  // namespace

Result<std::unique_ptr<Process>> start_process(const ProcessOptions& options,
                                               ProcessCallbacks callbacks) {
    Started started = TRY(spawn(options));
    // By number: glibc 2.36 declares pidfd_open without C linkage.
    Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, started.pid, 0)));
    const int error = errno;
    const bool watchable = static_cast<bool>(pidfd);
    auto process =
        std::make_unique<ChildProcess>(std::move(started), std::move(pidfd), std::move(callbacks));
    if (!watchable) {
        return Error{Code::unavailable,
                     "cannot start '" + options.program +
                         "': pidfd_open (Linux 5.3): " + std::generic_category().message(error)};
    }
    TRY(process->watch());
    return std::unique_ptr<Process>(std::move(process));
}

}  // namespace imagemill::local
