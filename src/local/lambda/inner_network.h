// inner_network: a network of its own for a child: loopback alone, and on it the ports that its
// parent listens on from outside.
//
// Shapes:  The child, in its new network namespace, opens the listeners and sends them to its
// parent
//          over a socket; the parent accepts on them as on any other. Nothing else is reachable in
//          there, and nothing of it from here.
// Threads: set_up and send_listeners run in a child that shares its parent's memory: they call what
//          is async-signal-safe, and nothing else.
// Cost:    0.4 ms (median).
// Source:  network_namespaces(7), unix(7) SCM_RIGHTS.
#pragma once

#include <array>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace imagemill::local {

// The Runtime API's and the S3 service's, in there.
inline constexpr std::array<int, 2> kInnerPorts{9001, 9000};

// Opens the ports and sends the listeners to `channel`. False: errno says why.
bool set_up_inner_network(int channel);

// What came over the channel: a listener a port, in their order.
Result<std::vector<Fd>> receive_listeners(int channel);

}  // namespace imagemill::local
