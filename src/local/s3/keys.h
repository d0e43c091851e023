// keys: who may do what at the S3 service: the root key, a key per function with its grants, and
// those that the owner added (key_file.h).
//
// Shapes:  <dir>/credentials is an AWS ini file, [default], mode 0600, made at the first start. A
//          function's key is derived from the root's secret and the function's name, so URLs it
//          signed outlive a restart, and rotating the root rotates all.
//          The root may do everything. A function may do what one of its grants says.
// Errors:  unavailable  the file or its directory cannot be read or made; says which and why.
//          corrupt      the file holds no key of profile [default].
// Threads: any.
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
    get_object_tagging,
    put_object_tagging,
    delete_object_tagging,
    abort_multipart_upload,
    list_multipart_upload_parts,
    list_bucket,
    list_bucket_versions,
    list_bucket_multipart_uploads,
    create_bucket,
    delete_bucket,
    get_bucket_cors,
    put_bucket_cors,
    get_bucket_notification,
    put_bucket_notification,
    list_buckets
};
std::string_view name_of(Action action);  // "s3:GetObject"
std::vector<Action> all_actions();

struct Grant {
    Action action;
    std::string bucket;  // "*" for all.
    std::string
        key_prefix;  // Empty: every key. Of list_bucket: what a listing's prefix opens with.
};

struct FunctionGrants {
    std::string function;
    std::vector<Grant> grants;
};

class KeyFile;  // key_file.h

class Keys final {
  public:
    // `more` are further keys, of a file that may change; it outlives the keys.
    Keys(aws::Credentials root, std::vector<FunctionGrants> functions, KeyFile* more = nullptr);

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
    struct Holder {
        std::string name;
        aws::Credentials credentials;
        std::vector<Grant> grants;
    };
    const FunctionKey* function_with(std::string_view access_key) const;
    std::optional<Holder> holder_with(std::string_view access_key) const;

    aws::Credentials root_;
    KeyFile* more_;
    std::vector<FunctionKey> functions_;
};

// A key nobody has yet.
aws::Credentials make_credentials();

// The root key of a data directory; directory and key are made where there is none. Two servers
// that start at once end up with the same key.
Result<aws::Credentials> load_root_key(const std::string& dir);

}  // namespace imagemill::local
