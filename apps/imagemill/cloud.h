// cloud: the whole cloud on one machine, wired: store, S3 service, functions, gateway. With
// `s3_endpoint` the pictures are in another store, which tells what happens to them, and there is
// no S3 service here.
//
// Shapes:  start() returns when the ports answer; the destructor stops in order: no new requests,
//          what runs finishes or goes back into the queue, then the store closes.
// Errors:  a sentence for the person who typed the command: a port taken, a bad recipe, a directory
//          another server has.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "aws/credentials.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"

namespace imagemill {

struct CloudOptions {
    std::string host = "127.0.0.1";
    int port = 8080;
    int s3_port = 9000;
    std::string data = "./data";
    std::string recipes;    // A file's path; empty: the built-in default.
    int instances_max = 0;  // 0: the machine's cores.
    std::string public_url;
    std::string public_s3_url;
    std::string s3_endpoint;  // Of the store of the pictures; empty: this server has one itself.
    bool aws_limits = false;
    std::string bootstrap;                           // The executable.
    std::map<std::string, std::string> environment;  // The IMAGEMILL_… variables that were set.
    aws::Environment aws_environment;                // All others: AWS_…
};

class Cloud {
  public:
    virtual ~Cloud() = default;
    virtual std::string url() const = 0;  // http://127.0.0.1:8080
    virtual std::string s3_url() const = 0;
    // What the other store shall call, for a shell that reads the token; empty: there is none.
    virtual std::string events_url() const = 0;
    // A new link that opens the console, once.
    virtual std::string console_url() const = 0;
    virtual bool uploads_are_open() const = 0;  // Anyone who reaches the port may upload.
    // Reads the recipes file again. True: it has changed, and pictures are made by it from now on.
    // An error: the recipes are as they were. One thread at a time.
    virtual Result<bool> reload_recipes() = 0;
};

// `clock` and `log` outlive the cloud.
Result<std::unique_ptr<Cloud>> start_cloud(const CloudOptions& options, const Clock& clock,
                                           const Log& log);

}  // namespace imagemill
