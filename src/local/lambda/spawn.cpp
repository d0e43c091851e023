#include "local/lambda/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "local/lambda/inner_files.h"
#include "local/lambda/inner_network.h"
#include "local/lambda/inner_user.h"

namespace imagemill::local {
namespace {

// Everything the child needs, made before vfork: there it may neither allocate nor lock.
struct ChildPlan {
    const ProcessOptions& options;
    char* const* arguments;
    char* const* environment;
    const InnerFiles& files;
    const UserMaps& maps;
    ProcessLimits limits;
    pid_t parent;
    int input;
    int output;
    int failure;  // Where a Failure goes if exec fails; closed by exec.
    int channel;  // Where the listeners of an inner network go.
    int descriptors_max;
};

// What the child met. Both have the same memory: a pointer will do.
struct Failure {
    int error = 0;
    const char* what = nullptr;
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
// RLIMIT_NPROC counts threads by user, and since Linux 5.14 within a user namespace: elsewhere all
// that the server's user runs would be counted.
bool set_limits(const ProcessLimits& limits, const Isolation& isolation) {
    const bool has_memory = kLimitsMemory && limits.memory_bytes_max > 0;
    const bool counts_threads =
        isolation.user != 0 || (isolation.by_user_namespace && isolation.files);
    return set_limit(RLIMIT_CORE, 0) &&
           (!has_memory || set_limit(RLIMIT_DATA, limits.memory_bytes_max)) &&
           (limits.file_bytes_max == 0 || set_limit(RLIMIT_FSIZE, limits.file_bytes_max)) &&
           (!counts_threads || set_limit(RLIMIT_NPROC, limits.threads_max)) &&
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

bool set_up_namespaces(const ChildPlan& plan, Failure& failure) {
    const Isolation& isolation = plan.options.isolation;
    if (!isolation.network && !isolation.files) return true;
    failure.what = "namespaces";
    if (!enter_namespaces(isolation, plan.maps)) return false;
    failure.what = "the inner network";
    if (isolation.network && !set_up_inner_network(plan.channel)) return false;
    return !isolation.files || set_up_inner_files(plan.files, failure.what);
}

// A user namespace belongs to whoever makes it; where there is none, namespaces take the privilege
// that is lost with the user.
bool isolate(const ChildPlan& plan, Failure& failure) {
    const Isolation& isolation = plan.options.isolation;
    const auto change_user = [&] {
        failure.what = "a user of its own";
        return isolation.user != 0 ? become_user(isolation.user) : shed_privileges();
    };
    if (isolation.by_user_namespace) return change_user() && set_up_namespaces(plan, failure);
    return set_up_namespaces(plan, failure) && change_user();
}

bool take_descriptors(const ChildPlan& plan) {
    return ::dup2(plan.input, 0) >= 0 && ::dup2(plan.output, 1) >= 0 &&
           ::dup2(plan.output, 2) >= 0 && ::chdir("/") == 0;
}

// Of a trial: whether a program would find what it needs.
bool can_read_all(const std::vector<std::string>& paths, Failure& failure) {
    for (const std::string& path : paths) {
        failure.what = path.c_str();
        if (::access(failure.what, R_OK) != 0 && errno != ENOENT) return false;
    }
    return true;
}

// Only async-signal-safe calls: the parent's memory is shared until exec. AddressSanitizer would
// take offence where a function does not return.
[[noreturn]] __attribute__((no_sanitize_address)) void become(const ChildPlan& plan) {
    const ProcessOptions& options = plan.options;
    Failure failure;
    ::setpgid(0, 0);
    if (isolate(plan, failure)) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);            // A change of user would have taken it back.
        if (::getppid() != plan.parent) ::_exit(127);  // It died before the line above.
        if (options.program.empty() && can_read_all(options.isolation.visible, failure)) ::_exit(0);
        if (!options.program.empty() && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
            take_descriptors(plan)) {
            failure.what = nullptr;
            close_descriptors_at_exec(plan.descriptors_max);
            reset_signals();
            if (set_limits(plan.limits, options.isolation)) {
                ::execve(options.program.c_str(), plan.arguments, plan.environment);
            }
        }
    }
    failure.error = errno;
    [[maybe_unused]] const ssize_t told = ::write(plan.failure, &failure, sizeof failure);
    ::_exit(127);
}

pid_t fork_and_become(const ChildPlan& plan) {
    // A handler of ours must not run in the child, on memory that is still the parent's.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::vfork();
    if (pid == 0) become(plan);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return pid;
}

std::string text_of(int error) {
    return std::generic_category().message(error);
}

Error cannot_start(const std::string& program, const Failure& failure) {
    std::string message = program.empty() ? "" : "cannot start '" + program + "': ";
    if (failure.what) message += std::string(failure.what) + ": ";
    return {Code::unavailable, message + text_of(failure.error)};
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

Result<Pipe> own_pair(int result, const std::array<int, 2>& fds) {
    if (result == 0) {
        Pipe pipe{above_standard(Fd(fds[0])), above_standard(Fd(fds[1]))};
        if (pipe.read && pipe.write) return pipe;
    }
    return Error{Code::unavailable, "no pipe: " + text_of(errno)};
}

Result<Pipe> make_pipe() {
    std::array<int, 2> fds{};
    const int result = ::pipe2(fds.data(), O_CLOEXEC);
    return own_pair(result, fds);
}

Result<Pipe> make_channel() {
    std::array<int, 2> fds{};
    const int result = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data());
    return own_pair(result, fds);
}

// Where the server itself may open fewer, so may its children.
ProcessLimits within(ProcessLimits limits, const rlimit& descriptors) {
    if (descriptors.rlim_max < static_cast<rlim_t>(limits.descriptors_max)) {
        limits.descriptors_max = static_cast<int>(descriptors.rlim_max);
    }
    return limits;
}

// Of the child that just began: whether it did, and its listeners.
Result<Started> await(pid_t pid, Fd output, const ProcessOptions& options, const Fd& failures,
                      const Fd& channel) {
    Failure failure;
    if (::read(failures.get(), &failure, sizeof failure) > 0) {
        ::waitpid(pid, nullptr, 0);
        return cannot_start(options.program, failure);
    }
    ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
    Started started{.pid = pid, .output = std::move(output), .listeners = {}};
    if (!options.isolation.network) return started;
    auto listeners = receive_listeners(channel.get());
    if (listeners) {
        started.listeners = *std::move(listeners);
        return started;
    }
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return listeners.error();
}

}  // namespace

Result<Started> spawn(const ProcessOptions& options) {
    Pipe output = TRY(make_pipe());
    Pipe failure = TRY(make_pipe());
    Pipe channel;
    if (options.isolation.network) channel = TRY(make_channel());
    const Fd input = above_standard(Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
    if (!input) return cannot_start(options.program, {errno, "/dev/null"});
    std::vector<std::string> arguments{options.program};
    std::vector<std::string> environment = options.environment;
    const std::vector<char*> argument_pointers = pointers_to(arguments);
    const std::vector<char*> environment_pointers = pointers_to(environment);
    const InnerFiles files =
        options.isolation.files ? plan_inner_files(options.isolation.visible) : InnerFiles();
    const UserMaps maps = plan_user_maps(options.isolation.user);
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);

    const ChildPlan plan{.options = options,
                         .arguments = argument_pointers.data(),
                         .environment = environment_pointers.data(),
                         .files = files,
                         .maps = maps,
                         .limits = within(options.limits, descriptors),
                         .parent = ::getpid(),
                         .input = input.get(),
                         .output = output.write.get(),
                         .failure = failure.write.get(),
                         .channel = channel.write.get(),
                         .descriptors_max = static_cast<int>(descriptors.rlim_cur)};
    const pid_t pid = fork_and_become(plan);
    if (pid < 0) return cannot_start(options.program, {errno, "vfork"});
    failure.write.reset();
    return await(pid, std::move(output.read), options, failure.read, channel.read);
}

}  // namespace imagemill::local
