// keys: who may do what at the S3 service: the root key, and a key per function with its grants.
//
// Shapes:  <dir>/credentials is an AWS ini file, [default], mode 0600, made at the first start. A
//          function's key is derived from the root's secret and the function's name, so URLs it
//          signed outlive a restart, and rotating the root rotates all.
//          The root may do everything. A function may do what one of its grants says.
// Errors:  unavailable  the file or its directory cannot be read or made; says which and why.
//          corrupt      the file holds no key of profile [default].
// Threads: any; nothing changes after load.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/credentials.h"
#include "base/result.h"

namespace imagemill::local {

enum class Action {
    get_object,
    put_object,
    delete_object,
    list_bucket,
    create_bucket,
    list_buckets
};
std::string_view name_of(Action action);  // "s3:GetObject"

struct Grant {
    Action action;
    std::string bucket;
    std::string
        key_prefix;  // Empty: every key. Of list_bucket: what a listing's prefix opens with.
};

struct FunctionGrants {
    std::string function;
    std::vector<Grant> grants;
};

class Keys final {
  public:
    Keys(aws::Credentials root, std::vector<FunctionGrants> functions);

    const aws::Credentials& root() const { return root_; }
    aws::Credentials of_function(std::string_view function) const;
    std::optional<aws::Credentials> find(std::string_view access_key) const;
    // Whose key it is, for a person: "root", a function's name, or "nobody".
    std::string holder_of(std::string_view access_key) const;
    bool allows(std::string_view access_key, Action action, std::string_view bucket,
                std::string_view key) const;

  private:
    struct FunctionKey {
        std::string function;
        aws::Credentials credentials;
        std::vector<Grant> grants;
    };
    const FunctionKey* function_with(std::string_view access_key) const;

    aws::Credentials root_;
    std::vector<FunctionKey> functions_;
};

// The root key of a data directory; directory and key are made where there is none. Two servers
// that start at once end up with the same key.
Result<aws::Credentials> load_root_key(const std::string& dir);

}  // namespace imagemill::local
