// inner_user: another user for a child, and the namespaces it may have as that user or by
// privilege.
//
// Shapes:  become_user: from then on the child is that user and group and no other, for good.
//          shed_privileges: what it runs has none, even as root.
//          enter_namespaces: a new network, new mounts, or both; through a user namespace the child
//          has the privileges to set them up, until it runs a program.
// Errors:  false: errno says why.
// Threads: run in a child that shares its parent's memory: they call what is async-signal-safe, and
//          the kernel by number where libc would tell the parent's threads.
// Source:  setresuid(2), unshare(2), user_namespaces(7).
#pragma once

#include <string>

#include "local/lambda/isolation.h"

namespace imagemill::local {

bool become_user(int user);
bool shed_privileges();

// Made by the parent: what goes into uid_map and gid_map.
struct UserMaps {
    std::string user;
    std::string group;
};
UserMaps plan_user_maps(int user);

bool enter_namespaces(const Isolation& isolation, const UserMaps& maps);

}  // namespace imagemill::local
