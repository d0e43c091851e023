// container_credentials: what the service beside a container says of its role, kept until shortly
// before it expires. Private to aws; credential_sources.h has the contract.
#pragma once

#include <mutex>

#include "aws/credential_sources.h"

namespace imagemill::aws {

// Where to ask; nothing where neither variable is set.
struct ContainerAddress {
    net::Endpoint endpoint;
    std::string target;
};
Result<std::optional<ContainerAddress>> find_container(const Environment& environment);

class ContainerCredentials final {
  public:
    ContainerCredentials(ContainerAddress address, Environment environment,
                         ReadCredentialsFile read_file, net::Client& client, const Clock& clock)
        : address_(std::move(address)),
          environment_(std::move(environment)),
          read_file_(std::move(read_file)),
          client_(client),
          clock_(clock) {}

    Result<Credentials> get();

  private:
    Result<Credentials> fetch() const;
    Result<Credentials> fetch_once() const;
    // The Authorization header; empty for none.
    Result<std::string> token() const;
    std::string name() const;

    const ContainerAddress address_;
    const Environment environment_;
    const ReadCredentialsFile read_file_;
    net::Client& client_;  // These two outlive it.
    const Clock& clock_;
    std::mutex mutex_;
    std::optional<Credentials> held_;  // Guarded by mutex_; likewise below.
    Time next_fetch_ = Time::min();    // While what is held is valid.
};

}  // namespace imagemill::aws
