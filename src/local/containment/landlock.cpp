#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "base/fd.h"
#include "local/containment/layers.h"

// The kernel's interface, written out: distributions' headers are older than what kernels can do.
namespace imagemill::local {
namespace {

constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;
constexpr std::uint32_t kVersionFlag = 1;

constexpr std::uint64_t kReadFile = 1U << 2;
constexpr std::uint64_t kReadDir = 1U << 3;
// execute … make_sym (ABI 1), refer (2), truncate (3), ioctl_dev (5).
constexpr std::uint64_t file_rights(int abi) {
    std::uint64_t rights = (1U << 13) - 1;
    if (abi >= 2) rights |= 1U << 13;
    if (abi >= 3) rights |= 1U << 14;
    if (abi >= 5) rights |= 1U << 15;
    return rights;
}
constexpr std::uint64_t kBindTcp = 1;
constexpr std::uint64_t kConnectTcp = 2;
constexpr std::uint64_t kAbstractSockets = 1;
constexpr std::uint64_t kSignals = 2;

struct Ruleset {
    std::uint64_t files = 0;
    std::uint64_t ports = 0;   // ABI 4.
    std::uint64_t scopes = 0;  // ABI 6.
};
struct __attribute__((packed)) PathRule {
    std::uint64_t allowed = 0;
    std::int32_t parent = -1;
};
struct PortRule {
    std::uint64_t allowed = 0;
    std::uint64_t port = 0;
};
constexpr int kPathRule = 1;
constexpr int kPortRule = 2;

Error refused(const std::string& what) {
    return {Code::unavailable,
            "Landlock refuses " + what + ": " + std::generic_category().message(errno)};
}

Result<void> allow_reading(const Fd& ruleset, const std::string& path) {
    const Fd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status {};
    if (!place || ::fstat(place.get(), &status) != 0) return {};  // Not there: nothing to read.
    // A file has no right of a folder's.
    const std::uint64_t rights = S_ISDIR(status.st_mode) ? kReadFile | kReadDir : kReadFile;
    const PathRule rule{.allowed = rights, .parent = place.get()};
    if (::syscall(kAddRule, ruleset.get(), kPathRule, &rule, 0) == 0) return {};
    return refused("a rule for " + path);
}

Result<void> allow_connecting(const Fd& ruleset, int port) {
    const PortRule rule{.allowed = kConnectTcp, .port = static_cast<std::uint64_t>(port)};
    if (::syscall(kAddRule, ruleset.get(), kPortRule, &rule, 0) == 0) return {};
    return refused("a rule for port " + std::to_string(port));
}

}  // namespace

int landlock_abi() {
    const long abi = ::syscall(kCreateRuleset, nullptr, 0, kVersionFlag);
    return abi > 0 ? static_cast<int>(abi) : 0;
}

Result<void> restrict_files_and_ports(const ContainmentOptions& options, int abi) {
    Ruleset rules;
    rules.files = file_rights(abi);
    if (abi >= 4) rules.ports = kBindTcp | kConnectTcp;
    if (abi >= 6) rules.scopes = kAbstractSockets | kSignals;
    // A field that is zero may be longer than the kernel knows.
    const Fd ruleset(static_cast<int>(::syscall(kCreateRuleset, &rules, sizeof rules, 0)));
    if (!ruleset) return refused("a ruleset");
    for (const std::string& path : options.readable) TRY(allow_reading(ruleset, path));
    if (abi >= 4) {
        for (const int port : options.ports) TRY(allow_connecting(ruleset, port));
    }
    if (::syscall(kRestrictSelf, ruleset.get(), 0) != 0) return refused("to be enforced");
    return {};
}

}  // namespace imagemill::local
