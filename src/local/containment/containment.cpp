#include "local/containment/containment.h"

#include <sys/prctl.h>

#include <cerrno>
#include <system_error>

#include "local/containment/layers.h"

namespace imagemill::local {
namespace {

constexpr int kLandlockAbiWithTcp = 4;

}  // namespace

Result<void> contain(const ContainmentOptions& options) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return Error{Code::unavailable,
                     "PR_SET_NO_NEW_PRIVS is refused: " + std::generic_category().message(errno)};
    }
    // Nobody of the same user may read its memory or attach to it.
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    const KernelFeatures features = kernel_features();
    if (features.landlock_abi > 0) {
        TRY(restrict_files_and_ports(options, features.landlock_abi));
    }
    if (!features.seccomp) return {};
    return restrict_system_calls(features.landlock_abi > 0 ? OpeningFiles::left_to_landlock
                                                           : OpeningFiles::refused);
}

KernelFeatures kernel_features() {
    return {.seccomp = has_seccomp(), .landlock_abi = landlock_abi()};
}

std::string describe_lacks(const KernelFeatures& features) {
    std::string lacks;
    const auto add = [&](const char* what) {
        lacks += (lacks.empty() ? "" : "; ") + std::string(what);
    };
    if (!features.seccomp) add("no seccomp: functions may make any system call");
    if (features.landlock_abi == 0) {
        add(features.seccomp ? "no Landlock: functions may connect to any TCP port"
                             : "no Landlock: functions may read any file their user may");
    } else if (features.landlock_abi < kLandlockAbiWithTcp) {
        add("Landlock without TCP (before Linux 6.7): functions may connect to any TCP port");
    }
    return lacks;
}

}  // namespace imagemill::local
