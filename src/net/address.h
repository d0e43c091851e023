// address: a socket's address, IPv4 or IPv6. Private to net.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <string>

namespace imagemill::net {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);

    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
    sockaddr_in* v4() { return reinterpret_cast<sockaddr_in*>(&storage); }
    sockaddr_in6* v6() { return reinterpret_cast<sockaddr_in6*>(&storage); }
    int port() { return ntohs(storage.ss_family == AF_INET6 ? v6()->sin6_port : v4()->sin_port); }
    std::string host() {
        std::array<char, INET6_ADDRSTRLEN> text{};
        const void* bytes = &v4()->sin_addr;
        if (storage.ss_family == AF_INET6) bytes = &v6()->sin6_addr;
        ::inet_ntop(storage.ss_family, bytes, text.data(), text.size());
        return text.data();
    }
};

}  // namespace imagemill::net
