#include "local/lambda/inner_user.h"

#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace imagemill::local {
namespace {

bool write_to(const char* path, std::string_view text) {
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int error = errno;
    ::close(fd);
    errno = error;
    return written;
}

}  // namespace

bool become_user(int user) {
    if (::syscall(SYS_setgroups, 0, nullptr) != 0 ||
        ::syscall(SYS_setresgid, user, user, user) != 0 ||
        ::syscall(SYS_setresuid, user, user, user) != 0) {
        return false;
    }
    // A change of user takes this away, from the parent too, whose memory it is.
    return ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

bool shed_privileges() {
    if (::geteuid() != 0) return true;
    return ::prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0) == 0;
}

UserMaps plan_user_maps(int user) {
    const auto itself = [](unsigned id) {
        return std::to_string(id) + " " + std::to_string(id) + " 1";
    };
    if (user != 0)
        return {itself(static_cast<unsigned>(user)), itself(static_cast<unsigned>(user))};
    return {itself(::geteuid()), itself(::getegid())};
}

bool enter_namespaces(const Isolation& isolation, const UserMaps& maps) {
    int wanted = isolation.by_user_namespace ? CLONE_NEWUSER : 0;
    if (isolation.network) wanted |= CLONE_NEWNET;
    if (isolation.files) wanted |= CLONE_NEWNS;
    if (::unshare(wanted) != 0) return false;
    if (!isolation.by_user_namespace) return true;
    return write_to("/proc/self/setgroups", "deny") && write_to("/proc/self/gid_map", maps.group) &&
           write_to("/proc/self/uid_map", maps.user);
}

}  // namespace imagemill::local
