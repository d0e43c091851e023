// operator_files: what lets the command find the server of a data directory and speak to it as its
// operator.
//
// Shapes:  <data>/operator-token  the secret, mode 0600, made once.
//          <data>/events-token    likewise, of the store that tells of its events.
//          <data>/server.json     where the server answers and which process it is, mode 0600;
//          there
//                                 from its start to its end. What a crash leaves behind is told
//                                 apart by the process: its number and when it started.
// Errors:  unavailable: a sentence with the path, for the person who typed the command.
#pragma once

#include <string>

#include "base/result.h"

namespace imagemill {

Result<std::string> load_operator_token(const std::string& data);

// `given` (IMAGEMILL_EVENTS_TOKEN), where it is not empty, else the file's. It goes into a URL as
// it is: invalid_argument for one that cannot, or that can be guessed.
Result<std::string> load_events_token(const std::string& data, const std::string& given);
inline constexpr const char* kEventsToken = "events-token";

// Removes the file again when it goes.
class ServerFile final {
  public:
    static Result<ServerFile> write(const std::string& data, const std::string& url);
    ServerFile() = default;
    ServerFile(ServerFile&& other) noexcept;
    ServerFile& operator=(ServerFile&& other) noexcept;
    ~ServerFile();

  private:
    std::string path_;
};

// Of the server that runs on `data`; an error where there is none.
struct RunningServer {
    std::string url;
    std::string token;
};
Result<RunningServer> find_server(const std::string& data);

}  // namespace imagemill
