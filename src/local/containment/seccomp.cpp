#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <vector>

#include "local/containment/layers.h"

namespace imagemill::local {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "The system calls of this machine are not known here."
#endif

using Program = std::vector<sock_filter>;

constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;

// What needs no look at its arguments: memory, time, threads, and reading and writing of what is
// open. Landlock rules over what may be opened.
constexpr long kAllowed[] = {
    SYS_read,           SYS_write,
    SYS_readv,          SYS_writev,
    SYS_pread64,        SYS_pwrite64,
    SYS_close,          SYS_lseek,
    SYS_fstat,          SYS_newfstatat,
    SYS_statx,          SYS_fstatfs,
    SYS_statfs,         SYS_faccessat,
    SYS_faccessat2,     SYS_readlinkat,
    SYS_getdents64,     SYS_getcwd,
    SYS_fcntl,          SYS_fadvise64,
    SYS_mmap,           SYS_munmap,
    SYS_mprotect,       SYS_mremap,
    SYS_madvise,        SYS_brk,
    SYS_futex,          SYS_set_robust_list,
    SYS_rseq,           SYS_membarrier,
    SYS_sched_yield,    SYS_sched_getaffinity,
    SYS_sched_getattr,  SYS_sched_setattr,
    SYS_getpriority,    SYS_ppoll,
    SYS_pselect6,       SYS_eventfd2,
    SYS_pipe2,          SYS_connect,
    SYS_recvfrom,       SYS_recvmsg,
    SYS_shutdown,       SYS_getsockname,
    SYS_getpeername,    SYS_setsockopt,
    SYS_getsockopt,     SYS_clock_gettime,
    SYS_clock_getres,   SYS_clock_nanosleep,
    SYS_nanosleep,      SYS_gettimeofday,
    SYS_getrandom,      SYS_rt_sigaction,
    SYS_rt_sigprocmask, SYS_rt_sigreturn,
    SYS_sigaltstack,    SYS_restart_syscall,
    SYS_getpid,         SYS_getppid,
    SYS_gettid,         SYS_getuid,
    SYS_geteuid,        SYS_getgid,
    SYS_getegid,        SYS_getrusage,
    SYS_sysinfo,        SYS_uname,
    SYS_exit,           SYS_exit_group,
#if defined(__x86_64__)
    SYS_stat,           SYS_lstat,
    SYS_access,         SYS_readlink,
    SYS_poll,           SYS_select,
    SYS_time,           SYS_arch_prctl,
#endif
};

constexpr long kOpening[] = {
    SYS_openat,
#if defined(__x86_64__)
    SYS_open,
#endif
};

constexpr std::uint32_t low_half_of(int argument) {
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) +
           static_cast<std::uint32_t>(argument) * 8;
}

sock_filter load(std::uint32_t offset) {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset);
}
sock_filter end(std::uint32_t action) {
    return BPF_STMT(BPF_RET | BPF_K, action);
}
// Goes on where the value loaded is `value`, else skips that many.
sock_filter unless_equal_skip(std::uint32_t value, std::uint8_t skipped) {
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped);
}

std::uint32_t number(long call) {
    return static_cast<std::uint32_t>(call);
}

void append(Program& program, std::initializer_list<sock_filter> statements) {
    program.insert(program.end(), statements);
}

// The number of the call is loaded before and after each of these.
void answer(Program& program, long call, std::uint32_t action) {
    append(program, {unless_equal_skip(number(call), 1), end(action)});
}

// Allowed where (argument & mask) == value; refused where not.
struct Condition {
    int argument = 0;
    std::uint32_t mask = ~0U;
    std::uint32_t value = 0;
};
void allow_if(Program& program, long call, const Condition& condition) {
    append(program, {unless_equal_skip(number(call), 5), load(low_half_of(condition.argument)),
                     BPF_STMT(BPF_ALU | BPF_AND | BPF_K, condition.mask),
                     unless_equal_skip(condition.value, 1), end(SECCOMP_RET_ALLOW), end(kRefuse)});
}

// TCP over IPv4 or IPv6, nothing else: no UDP, no netlink, no local socket; nor Multipath TCP,
// which Landlock does not look at.
void allow_tcp_sockets(Program& program) {
    constexpr std::uint32_t kTypeMask = 0xf;  // SOCK_CLOEXEC and SOCK_NONBLOCK are above it.
    append(program,
           {unless_equal_skip(number(SYS_socket), 11), load(low_half_of(0)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0), unless_equal_skip(AF_INET6, 7),
            load(low_half_of(1)), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kTypeMask),
            unless_equal_skip(SOCK_STREAM, 4), load(low_half_of(2)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_IP, 1, 0),
            unless_equal_skip(IPPROTO_TCP, 1), end(SECCOMP_RET_ALLOW), end(kRefuse)});
}

Program make_program(OpeningFiles opening) {
    Program program;
    append(program, {load(offsetof(seccomp_data, arch)), unless_equal_skip(kArchitecture, 1),
                     BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), end(SECCOMP_RET_KILL_PROCESS),
                     load(offsetof(seccomp_data, nr))});
    for (const long call : kAllowed) answer(program, call, SECCOMP_RET_ALLOW);
    for (const long call : kOpening) {
        answer(program, call,
               opening == OpeningFiles::left_to_landlock ? SECCOMP_RET_ALLOW
                                                         : SECCOMP_RET_ERRNO | EACCES);
    }
    // Its flags are in memory, out of a filter's reach; libc falls back to clone.
    answer(program, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
    allow_if(program, SYS_clone, {.argument = 0, .mask = CLONE_THREAD, .value = CLONE_THREAD});
    // abort(): a signal to itself.
    allow_if(program, SYS_tgkill, {.argument = 0, .value = static_cast<std::uint32_t>(::getpid())});
    allow_if(program, SYS_prctl, {.argument = 0, .value = PR_SET_NAME});
    allow_if(program, SYS_prlimit64, {.argument = 2, .value = 0});  // Reads, sets nothing.
    // With this flag they would connect as well, past Landlock.
    allow_if(program, SYS_sendto, {.argument = 3, .mask = MSG_FASTOPEN, .value = 0});
    allow_if(program, SYS_sendmsg, {.argument = 2, .mask = MSG_FASTOPEN, .value = 0});
    allow_tcp_sockets(program);
    program.push_back(end(kRefuse));
    return program;
}

}  // namespace

bool has_seccomp() {
    const std::uint32_t action = SECCOMP_RET_KILL_PROCESS;
    return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

Result<void> restrict_system_calls(OpeningFiles opening) {
    Program program = make_program(opening);
    const sock_fprog filter{.len = static_cast<unsigned short>(program.size()),
                            .filter = program.data()};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0) {
        return {};
    }
    return Error{Code::unavailable,
                 "seccomp refuses the filter: " + std::generic_category().message(errno)};
}

}  // namespace imagemill::local
