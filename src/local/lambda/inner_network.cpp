#include "local/lambda/inner_network.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace imagemill::local {
namespace {

constexpr int kBacklog = 64;
using Descriptors = std::array<int, kInnerPorts.size()>;

// A new namespace has a loopback that is down.
bool raise_loopback() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    ifreq request{};
    request.ifr_name[0] = 'l';
    request.ifr_name[1] = 'o';
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    const bool raised = ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    const int error = errno;
    ::close(fd);
    errno = error;
    return raised;
}

int listen_on(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool listens =
        fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::listen(fd, kBacklog) == 0;
    return listens ? fd : -1;
}

// A message of one byte that carries them.
struct Message {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(Descriptors))> control{};
    char byte = 0;
    iovec piece{&byte, 1};
    msghdr header{};

    Message() {
        header.msg_iov = &piece;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
    }
};

}  // namespace

bool set_up_inner_network(int channel) {
    if (!raise_loopback()) return false;
    Descriptors listeners{};
    for (std::size_t i = 0; i < listeners.size(); ++i) {
        listeners[i] = listen_on(kInnerPorts[i]);
        if (listeners[i] < 0) return false;
    }
    Message message;
    cmsghdr* const control = CMSG_FIRSTHDR(&message.header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof listeners);
    std::memcpy(CMSG_DATA(control), listeners.data(), sizeof listeners);
    return ::sendmsg(channel, &message.header, MSG_NOSIGNAL) == 1;
}

Result<std::vector<Fd>> receive_listeners(int channel) {
    Message message;
    // It was sent before the program began: who asks now need not wait.
    const ssize_t size = ::recvmsg(channel, &message.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size != 1) {
        return Error{Code::unavailable, "the inner network's listeners did not come: " +
                                            std::generic_category().message(errno)};
    }
    Descriptors listeners{};
    const cmsghdr* const control = CMSG_FIRSTHDR(&message.header);
    if (!control || control->cmsg_type != SCM_RIGHTS ||
        control->cmsg_len != CMSG_LEN(sizeof listeners)) {
        return Error{Code::unavailable, "the inner network's listeners did not come"};
    }
    std::memcpy(listeners.data(), CMSG_DATA(control), sizeof listeners);
    std::vector<Fd> owned;
    for (const int fd : listeners) owned.emplace_back(fd);
    return owned;
}

}  // namespace imagemill::local
