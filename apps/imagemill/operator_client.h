// operator_client: the operator's calls of the server that runs on a data directory.
#pragma once

#include <memory>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "net/client.h"

namespace imagemill {

class OperatorClient final {
  public:
    static Result<OperatorClient> make(const std::string& data);

    // What /admin/<call> answered; what it refused is an error in its own words.
    Result<json::object> get(const std::string& call);
    Result<json::object> post(const std::string& call, const json::object& body);

  private:
    Result<json::object> send(net::ClientRequest request);

    net::Endpoint endpoint_;
    std::string token_;
    std::unique_ptr<net::Client> client_;
};

// A text of anyone's for a terminal: control characters, and what is no UTF-8, become \xNN.
std::string printable(std::string_view text);

}  // namespace imagemill
