// tls: a client's TLS over a socket. The peer's certificate and name are always checked.
//
// Errors:  unavailable  no certificate authorities can be read, or the peer is not who it should
//                       be; says why. timeout as a Stream.
// Threads: a TlsContext may be used from any; a Stream as any Stream.
// Source:  RFC 9110 4.3.4 (https certificate verification), RFC 6066 3 (SNI).
#pragma once

#include <memory>
#include <string>

#include "net/stream.h"

namespace imagemill::net {

class TlsContext {
  public:
    virtual ~TlsContext() = default;
    // Shakes hands over a connected socket.
    virtual Result<std::unique_ptr<Stream>> connect(Fd fd, const std::string& host,
                                                    SteadyTime deadline) = 0;
};

// `ca_file` empty: the system's authorities.
Result<std::unique_ptr<TlsContext>> make_tls_context(const std::string& ca_file);

}  // namespace imagemill::net
