#include "local/lambda/isolation.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "local/lambda/spawn.h"

namespace imagemill::local {
namespace {

// Nobody's: the first above what networks of machines give to their people, the second in a gap of
// what Linux systems give to services, for containers that know 65,536 numbers.
// https://systemd.io/UIDS-GIDS/
constexpr std::array kFirstUsers{2'100'000'000, 60'578};

// Nothing where a child can be made so; else what it said.
std::optional<std::string> refusal_of(const Isolation& isolation) {
    const auto tried = spawn({.program = "", .environment = {}, .isolation = isolation});
    if (!tried) return tried.error().message;
    ::waitpid(tried->pid, nullptr, 0);
    return std::nullopt;
}

void add_lack(Isolation& isolation, const std::string& what, const std::string& why) {
    isolation.lacks += (isolation.lacks.empty() ? "" : "; ") + what + " (" + why + ")";
}

// Only a server that is root can make its children somebody else, and only there it matters.
void find_user(Isolation& found) {
    if (::geteuid() != 0) return;
    std::optional<std::string> refusal;
    for (const int first : kFirstUsers) {
        refusal = refusal_of({.user = first});
        if (refusal) continue;
        found.user = first;
        return;
    }
    add_lack(found, "functions run as root", *refusal);
}

// By privilege, or else through a user namespace.
std::optional<std::string> try_both_ways(Isolation& wanted) {
    auto refusal = refusal_of(wanted);
    if (!refusal || wanted.by_user_namespace) return refusal;
    wanted.by_user_namespace = true;
    refusal = refusal_of(wanted);
    if (refusal) wanted.by_user_namespace = false;
    return refusal;
}

void find_network(Isolation& found) {
    Isolation wanted{.network = true, .user = found.user};
    if (const auto refusal = try_both_ways(wanted)) {
        add_lack(found, "functions share this machine's network", *refusal);
        return;
    }
    found.network = true;
    found.by_user_namespace = wanted.by_user_namespace;
}

void find_files(Isolation& found) {
    Isolation wanted = found;
    wanted.files = true;
    if (const auto refusal = try_both_ways(wanted)) {
        add_lack(found, "functions see which files this machine has", *refusal);
        return;
    }
    found.files = true;
    found.by_user_namespace = wanted.by_user_namespace;
}

}  // namespace

Isolation probe_isolation(std::vector<std::string> visible) {
    Isolation found{.visible = std::move(visible)};
    find_user(found);
    find_network(found);
    find_files(found);
    if (found.user == 0) return found;
    // A stranger may not be allowed to read what is visible, and be it the program.
    const auto refusal = refusal_of(found);
    if (!refusal) return found;
    Isolation as_root{.visible = std::move(found.visible)};
    find_network(as_root);
    find_files(as_root);
    add_lack(as_root, "functions run as root", *refusal);
    return as_root;
}

}  // namespace imagemill::local
