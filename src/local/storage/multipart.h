// multipart: objects that come in parts, and what is kept of them until they are whole.
//
// Shapes:  create() → begin_part() → write()… → commit(), in any order, several at once, a number
//          again replacing what it had → complete() with the parts that make the object, or
//          abort(). An upload belongs to its bucket and key: its id with another key is no upload.
//          What was completed is remembered for 7 days, or as long as its bucket, so that whoever
//          did not hear the answer gets it again.
// Errors:  no_such_upload   there is none, or it was completed or aborted.
//          no_such_bucket, precondition_failed, no_such_key as in store/object_store.h.
//          conflict         complete: a part was replaced meanwhile, or the object was, since the
//                           upload was created with a condition on its ETag.
//          invalid_argument as disk_store.h.
//          unavailable      the disk.
// Threads: any, but a PartUpload belongs to one. The store outlives them.
// Cost:    create, a part, complete and abort: a commit each, a part's bytes fsynced before.
//          Parts of one size are written where the object will have them, so complete() moves no
//          byte, whatever the size: it reads and deletes a row for each part. Parts that do not lie
//          so (of several sizes, replaced, or some left out) are copied within the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "local/storage/disk_store.h"

namespace imagemill::local {

inline constexpr int kPartNumberMax = 10'000;

struct UploadRef {
    std::string bucket;
    std::string key;
    std::string id;
};

struct OpenUpload {
    UploadRef ref;
    Time started;
    std::string principal;  // An access key.
    // Of the object to be. Its checksum has an algorithm and a type, or neither, and no value yet.
    Attributes attributes;
};

struct StoredPart {
    int number = 0;
    std::string etag;  // MD5 of the bytes, hex.
    std::int64_t size_bytes = 0;
    Time modified;
    std::string checksum;  // Of its bytes, in whatever form the caller wants it back.
};

struct PartPage {
    std::vector<StoredPart> parts;  // By number.
    bool is_truncated = false;
};

struct UploadQuery {
    std::string prefix = {};
    std::string delimiter = {};
    std::string after_key = {};  // Keys greater than this,
    std::string after_id = {};   // and uploads of this key with a greater id; empty for neither.
    int count_max = 1000;
};
struct UploadPage {
    std::vector<OpenUpload> uploads;  // By key, then by when they started.
    std::vector<std::string> common_prefixes;
    bool is_truncated = false;
    std::string next_key;  // Where a truncated page ends; likewise below.
    std::string next_id;
};

// The object that an upload became.
struct CompletedUpload {
    std::string etag;
    std::string checksum_algorithm;
    std::string checksum;
    std::string checksum_type;
};

// What shall become an object: parts in order, each as it was listed.
struct Completion {
    UploadRef ref;
    std::vector<StoredPart> parts;
    std::string etag;
    std::string checksum_algorithm;  // Of the whole: what Attributes has; empty for none.
    std::string checksum;
    std::string checksum_type;
};

class PartUpload : public ByteSink {
  public:
    // Makes it the part, durably. Once.
    virtual Result<StoredPart> commit(const std::string& checksum) = 0;
};

class Multiparts {
  public:
    virtual ~Multiparts() = default;

    // The new upload's id.
    virtual Result<std::string> create(const std::string& bucket, const std::string& key,
                                       const Attributes& attributes,
                                       const std::string& principal) = 0;
    virtual Result<OpenUpload> find(const UploadRef& ref) = 0;
    virtual Result<std::optional<CompletedUpload>> find_completed(const UploadRef& ref) = 0;
    // `size_bytes` are going to be written.
    virtual Result<std::unique_ptr<PartUpload>> begin_part(const UploadRef& ref, int number,
                                                           std::int64_t size_bytes) = 0;
    virtual Result<PartPage> parts(const UploadRef& ref, int after_number, int count_max) = 0;
    virtual Result<UploadPage> list(const std::string& bucket, const UploadQuery& query) = 0;
    virtual Result<StoredObject> complete(const Completion& completion,
                                          const WriteConditions& conditions,
                                          const Origin& origin) = 0;
    virtual Result<void> abort(const UploadRef& ref) = 0;
};

// The sizes of an object's parts as Attributes has them: "3x8388608,1x100".
std::string format_part_layout(const std::vector<StoredPart>& parts);
Result<std::vector<std::int64_t>> parse_part_layout(std::string_view text);

// Of the parts' ETags, in order: what an object of parts has for one.
std::string multipart_etag(const std::vector<std::string>& etags);

}  // namespace imagemill::local
