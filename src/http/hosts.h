// hosts: which Host headers a server answers to. A page of another site whose name was made to
// point here (DNS rebinding) is refused.
//
// Shapes:  Loopback names (localhost, 127.0.0.1, [::1]) always; the address bound; the host of the
//          public URL. Ports are not compared.
// Threads: plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace imagemill::http {

class Hosts final {
  public:
    explicit Hosts(std::vector<std::string> names);
    // An allowed name, or labels before one ("photos.localhost").
    bool allows(std::string_view host_header) const;
    // "photos" of "photos.localhost:9000": the labels before an allowed name (S3 puts the bucket
    // there); empty where the host is an allowed name itself, or none.
    std::string subdomain_of(std::string_view host_header) const;
    // For the sentence that refuses another.
    const std::vector<std::string>& names() const { return names_; }

  private:
    std::vector<std::string> names_;  // Lower case, without port.
};

}  // namespace imagemill::http
