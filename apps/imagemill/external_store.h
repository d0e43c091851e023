// external_store: the store of pictures where it is not this server's own: who it is, the key it is
// asked with, whether it can be reached.
//
// Shapes:  Its key is what aws/credential_sources.h finds; its region AWS_REGION's or
//          AWS_DEFAULT_REGION's. Both go to the functions: what they may do with it is up to who
//          gave it.
//          watch() asks for both buckets at once, then again and again on a thread of its own: more
//          often while they are not to be had. What changes is logged. Before, the source is asked
//          for its key; `renewed` is told, on that thread, when it is another: a container's, some
//          minutes before the last one expires.
// Errors:  open: a sentence for the person who typed the command: a URL that is none, no key.
//          That the store cannot be reached is none: it may come later. trouble() says why.
// Threads: open, watch and stop on one, the rest on any.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "aws/credential_sources.h"
#include "aws/credentials.h"
#include "aws/s3_store.h"
#include "base/clock.h"
#include "base/log.h"
#include "local/storage/disk_store.h"
#include "net/client.h"

namespace imagemill {

class ExternalStore final {
  public:
    // `environment` has AWS's variables, HOME, and SSL_CERT_FILE; `clock` and `log` outlive it.
    static Result<std::unique_ptr<ExternalStore>> open(const std::string& url,
                                                       const aws::Environment& environment,
                                                       const Clock& clock, const Log& log);
    // Of open(), which makes it whole.
    ExternalStore(net::Endpoint endpoint, const Log& log)
        : endpoint_(std::move(endpoint)), log_(log) {}

    const net::Endpoint& endpoint() const { return endpoint_; }
    std::string url() const { return endpoint_.scheme + "://" + net::host_header(endpoint_); }
    const std::string& region() const { return region_; }
    store::ObjectStore& objects() { return *objects_; }
    // As a file in memory. too_large: it has more than `size_max` bytes.
    Result<local::OpenedObject> fetch(const store::ObjectId& id, std::int64_t size_max);
    // What a function must be told to ask it.
    std::map<std::string, std::string> function_variables() const;
    // What a function must be able to read for that.
    std::vector<std::string> function_files() const;

    void watch(std::vector<std::string> buckets, std::function<void()> renewed);
    void stop();  // Nothing is told after it.
    // Why its buckets cannot be used; empty: they can.
    std::string trouble() const;

  private:
    std::map<std::string, std::string> variables_of(const aws::Credentials& key) const;
    void renew();
    void look();
    void look_on(const std::stop_token& stopping);

    const net::Endpoint endpoint_;
    const Log& log_;
    std::string region_;
    std::string authorities_;  // The file SSL_CERT_FILE names.
    std::unique_ptr<net::Client> client_;
    aws::CredentialSource source_;
    std::unique_ptr<store::ObjectStore> objects_;
    std::vector<std::string> buckets_;
    std::function<void()> renewed_;
    mutable std::mutex mutex_;
    std::map<std::string, std::string> variables_;  // Guarded by mutex_; likewise below.
    std::string trouble_;
    std::jthread watcher_;
};

}  // namespace imagemill
