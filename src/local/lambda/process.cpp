#include "local/lambda/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
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
#include "base/fd.h"
#include "local/lambda/inner_network.h"
#include "local/lambda/line_joiner.h"

namespace imagemill::local {
namespace {

std::string text_of(int error) {
    return std::generic_category().message(error);
}

Error cannot_start(const std::string& program, std::string_view what, int error) {
    if (program.empty()) return {Code::unavailable, text_of(error)};
    return {Code::unavailable, "cannot start '" + program + "': " + std::string(what) +
                                   (what.empty() ? "" : ": ") + text_of(error)};
}

// Everything the child needs, made before vfork: there it may neither allocate nor lock.
struct ChildPlan {
    const char* program;  // Null: it ends where it would begin.
    char* const* arguments;
    char* const* environment;
    pid_t parent;
    int input;
    int output;
    int failure;  // Where errno goes if exec fails; closed by exec.
    int channel;  // Where the listeners of an inner network go; -1: none is wanted.
    int descriptors_max;
    ProcessLimits limits;
};

// A sanitizer's shadow memory is larger than any machine's.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitsMemory = false;
#else
constexpr bool kLimitsMemory = true;
#endif

bool set_limit(__rlimit_resource resource, std::int64_t value) {
    const rlimit limit{static_cast<rlim_t>(value), static_cast<rlim_t>(value)};
    return ::setrlimit(resource, &limit) == 0;
}

// RLIMIT_DATA counts what may be written to and is its own: the heap, mappings, stacks of threads.
bool set_limits(const ProcessLimits& limits) {
    const bool has_memory = kLimitsMemory && limits.memory_bytes_max > 0;
    return set_limit(RLIMIT_CORE, 0) &&
           (!has_memory || set_limit(RLIMIT_DATA, limits.memory_bytes_max)) &&
           (limits.file_bytes_max == 0 || set_limit(RLIMIT_FSIZE, limits.file_bytes_max)) &&
           set_limit(RLIMIT_NOFILE, limits.descriptors_max);
}

void close_descriptors_at_exec(int descriptors_max) {
    if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    for (int fd = 3; fd < descriptors_max; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);  // Old kernels.
}

void reset_signals() {
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Only async-signal-safe calls: the parent's memory is shared until exec. Its stack may be another
// than the thread's, at which AddressSanitizer would take offence where a function does not return.
[[noreturn]] __attribute__((no_sanitize_address)) void become(const ChildPlan& plan) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.parent) ::_exit(127);  // It died before the line above.
    if ((plan.channel < 0 || set_up_inner_network(plan.channel)) &&
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::dup2(plan.input, 0) >= 0 &&
        ::dup2(plan.output, 1) >= 0 && ::dup2(plan.output, 2) >= 0 && ::chdir("/") == 0) {
        if (!plan.program) ::_exit(0);
        close_descriptors_at_exec(plan.descriptors_max);
        reset_signals();
        if (set_limits(plan.limits)) ::execve(plan.program, plan.arguments, plan.environment);
    }
    const int error = errno;
    [[maybe_unused]] const ssize_t told = ::write(plan.failure, &error, sizeof error);
    ::_exit(127);
}

__attribute__((no_sanitize_address)) int become_by_clone(void* plan) {
    become(*static_cast<const ChildPlan*>(plan));
}

// As vfork, with namespaces: the caller waits, its memory is shared, the stack is not.
pid_t clone_and_become(const ChildPlan& plan, Network network) {
    constexpr std::size_t kStackBytes = 256 * 1024;
    std::vector<std::byte> stack(kStackBytes);
    // It grows down, from a multiple of 16.
    const auto end =
        reinterpret_cast<std::uintptr_t>(stack.data() + kStackBytes) & ~std::uintptr_t{15};
    int flags = CLONE_VM | CLONE_VFORK | CLONE_NEWNET | SIGCHLD;
    if (network == Network::inner_by_user_namespace) flags |= CLONE_NEWUSER;
    ChildPlan copy = plan;
    return ::clone(become_by_clone, reinterpret_cast<void*>(end), flags, &copy);
}

pid_t fork_and_become(const ChildPlan& plan, Network network) {
    // A handler of ours must not run in the child, on memory that is still the parent's.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = -1;
    if (network == Network::shared) {
        pid = ::vfork();
        if (pid == 0) become(plan);
    } else {
        pid = clone_and_become(plan, network);
    }
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return pid;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

struct Pipe {
    Fd read;
    Fd write;
};

// Descriptors 0 to 2 are the child's own: where the server runs without them, a pipe must not land
// there.
Fd above_standard(Fd fd) {
    if (fd.get() > 2) return fd;
    return Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
}

Result<Pipe> make_pipe() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) {
        return Error{Code::unavailable, "no pipe: " + text_of(errno)};
    }
    Pipe pipe{above_standard(Fd(fds[0])), above_standard(Fd(fds[1]))};
    if (!pipe.read || !pipe.write) {
        return Error{Code::unavailable, "no pipe: " + text_of(errno)};
    }
    return pipe;
}

Result<Pipe> make_channel() {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0) {
        return Error{Code::unavailable, "no socket pair: " + text_of(errno)};
    }
    Pipe channel{above_standard(Fd(fds[0])), above_standard(Fd(fds[1]))};
    if (!channel.read || !channel.write) {
        return Error{Code::unavailable, "no socket pair: " + text_of(errno)};
    }
    return channel;
}

struct Started {
    pid_t pid = -1;
    Fd output;
    std::vector<Fd> listeners;
};

// Where the server itself may open fewer, so may its children.
ProcessLimits within(ProcessLimits limits, const rlimit& descriptors) {
    if (descriptors.rlim_max < static_cast<rlim_t>(limits.descriptors_max)) {
        limits.descriptors_max = static_cast<int>(descriptors.rlim_max);
    }
    return limits;
}

Result<Started> spawn(const ProcessOptions& options) {
    Pipe output = TRY(make_pipe());
    Pipe failure = TRY(make_pipe());
    Pipe channel;
    if (options.network != Network::shared) channel = TRY(make_channel());
    const Fd input = above_standard(Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
    if (!input) return cannot_start(options.program, "/dev/null", errno);
    std::vector<std::string> arguments{options.program};
    std::vector<std::string> environment = options.environment;
    const std::vector<char*> argument_pointers = pointers_to(arguments);
    const std::vector<char*> environment_pointers = pointers_to(environment);
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);

    const ChildPlan plan{.program = options.program.empty() ? nullptr : options.program.c_str(),
                         .arguments = argument_pointers.data(),
                         .environment = environment_pointers.data(),
                         .parent = ::getpid(),
                         .input = input.get(),
                         .output = output.write.get(),
                         .failure = failure.write.get(),
                         .channel = channel.write.get(),
                         .descriptors_max = static_cast<int>(descriptors.rlim_cur),
                         .limits = within(options.limits, descriptors)};
    const pid_t pid = fork_and_become(plan, options.network);
    if (pid < 0) return cannot_start(options.program, "", errno);
    failure.write.reset();
    int error = 0;
    if (::read(failure.read.get(), &error, sizeof error) > 0) {
        ::waitpid(pid, nullptr, 0);
        return cannot_start(options.program, "", error);
    }
    ::fcntl(output.read.get(), F_SETFL, O_NONBLOCK);
    Started started{.pid = pid, .output = std::move(output.read), .listeners = {}};
    if (options.network == Network::shared) return started;
    auto listeners = receive_listeners(channel.read.get());
    if (listeners) {
        started.listeners = *std::move(listeners);
        return started;
    }
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return listeners.error();
}

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

Result<Network> probe_inner_network() {
    Error last;
    for (const Network network : {Network::inner, Network::inner_by_user_namespace}) {
        const auto tried = spawn({.program = "", .environment = {}, .network = network});
        if (tried) {
            ::waitpid(tried->pid, nullptr, 0);
            return network;
        }
        last = tried.error();
    }
    last.message = "no network namespace can be made: " + last.message;
    return last;
}

Result<std::unique_ptr<Process>> start_process(const ProcessOptions& options,
                                               ProcessCallbacks callbacks) {
    Started started = TRY(spawn(options));
    // By number: glibc 2.36 declares pidfd_open without C linkage.
    Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, started.pid, 0)));
    const int error = errno;
    const bool watchable = static_cast<bool>(pidfd);
    auto process =
        std::make_unique<ChildProcess>(std::move(started), std::move(pidfd), std::move(callbacks));
    if (!watchable) return cannot_start(options.program, "pidfd_open (Linux 5.3)", error);
    TRY(process->watch());
    return std::unique_ptr<Process>(std::move(process));
}

}  // namespace imagemill::local
