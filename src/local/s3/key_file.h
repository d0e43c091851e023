// key_file: the keys that an owner adds, in a file that a running server follows.
//
// Shapes:  <dir>/keys.json, mode 0600: a list of { name, access_key, secret_key, grants }, the
// grants
//          as they were written (grants.h). Changes replace the whole file, one at a time.
//          A name is 1..64 of a-z, 0-9 and "-".
// Errors:  invalid_argument  no such name can be; a grant makes no sense, or there is none.
//          conflict          the name is taken (add); no_such_key: there is none (remove).
//          unavailable       the file cannot be read or written.
//          corrupt           the file is damaged; says where.
// Threads: any.
// Cost:    following the file is one stat(2) for each question.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "aws/credentials.h"
#include "base/log.h"
#include "base/result.h"
#include "local/s3/keys.h"

namespace imagemill::local {

struct NamedKey {
    std::string name;
    aws::Credentials credentials;
    std::vector<std::string> grant_texts;
    std::vector<Grant> grants;
};

// None where there is no file.
Result<std::vector<NamedKey>> load_keys(const std::string& dir);
Result<NamedKey> add_key(const std::string& dir, const std::string& name,
                         const std::vector<std::string>& grants);
Result<void> remove_key(const std::string& dir, const std::string& name);

class KeyFile final {
  public:
    // `log` outlives it. A file that cannot be read now is said there, once a change.
    KeyFile(std::string dir, const Log& log) : dir_(std::move(dir)), log_(log) {}

    // Of the file as it is now; of a file that cannot be read, those that it had when it could.
    // shared: whoever holds them keeps them while the file changes.
    std::shared_ptr<const std::vector<NamedKey>> keys();

  private:
    // What tells one file of this path from the next.
    struct Stamp {
        std::uint64_t inode = 0;
        std::int64_t size_bytes = 0;
        std::int64_t modified_ns = 0;
        bool operator==(const Stamp&) const = default;
    };
    std::optional<Stamp> stamp() const;

    std::string dir_;
    const Log& log_;
    std::mutex mutex_;
    std::optional<Stamp> seen_;                           // Guarded by mutex_, as is keys_.
    std::shared_ptr<const std::vector<NamedKey>> keys_ =  // shared: see keys().
        std::make_shared<const std::vector<NamedKey>>();
};

}  // namespace imagemill::local
