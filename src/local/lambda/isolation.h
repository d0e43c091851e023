// isolation: what an instance has of its own, apart from the machine's: its network, its files, its
// user. What can be had depends on the kernel, on the server's user and on the container it is in.
//
// Shapes:  With a network of its own it reaches the two ports of inner_network.h and nothing else.
//          With files of its own it sees `visible`, to be read and run, and an empty /tmp of
//          64 MB; no other path is there: no /proc, no /dev. With a user of its own (and no group
//          of the server's) it can do to files and processes what a stranger can, and its threads
//          are counted apart. Where the server has no privilege it gets the first two by a user
//          namespace, in which it is the server's user.
// Errors:  none: what cannot be had is false, and `lacks` says so, and why.
// Threads: any.
// Cost:    probe_isolation: a child for each thing tried, 6 ms together.
// Source:  namespaces(7), user_namespaces(7), credentials(7).
#pragma once

#include <string>
#include <vector>

namespace imagemill::local {

struct Isolation {
    bool by_user_namespace = false;  // The way to the next two.
    bool network = false;
    bool files = false;
    int user = 0;  // The first of kUsersMax numbers that are nobody's; 0: the server's own.
    std::vector<std::string> visible = {};  // Absolute paths; what is not there is left out.
    std::string lacks = {};                 // A sentence for `serve`; empty where nothing does.
};

// Users: as many may be alive beside each other, each instance as one of them.
inline constexpr int kUsersMax = 600;

// The most that can be had here. Children try.
Isolation probe_isolation(std::vector<std::string> visible);

}  // namespace imagemill::local
