#include "store/memory_store.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/digest.h"
#include "base/encodings.h"

namespace imagemill::store {
namespace {

constexpr std::size_t kKeyBytesMax = 1024;

Error no_such_key(const ObjectId& id) {
    return {Code::no_such_key, "There is no object " + id.key + " in bucket " + id.bucket + "."};
}

Error no_such_bucket(const std::string& bucket) {
    return {Code::no_such_bucket, "There is no bucket " + bucket + "."};
}

Error precondition_failed(const ObjectId& id, std::string_view condition) {
    return {Code::precondition_failed, std::string(condition) + " does not hold for object " +
                                           id.key + " in bucket " + id.bucket + "."};
}

Result<void> check_key(const std::string& key) {
    if (key.empty()) return Error{Code::invalid_argument, "The key is empty."};
    if (key.size() > kKeyBytesMax) {
        return Error{Code::invalid_argument, "The key has " + std::to_string(key.size()) +
                                                 " bytes; at most 1024 are allowed."};
    }
    if (!is_utf8(key)) return Error{Code::invalid_argument, "The key is not UTF-8."};
    return {};
}

class MemoryStore final : public ObjectStore {
  public:
    MemoryStore(const Clock& clock, const std::vector<std::string>& buckets) : clock_(clock) {
        for (const std::string& bucket : buckets) buckets_[bucket];
    }

    Result<Object> get(const ObjectId& id, const GetOptions& options) override {
        const std::lock_guard lock(mutex_);
        const Object& object = *TRY(find(id));
        if (!options.if_match.empty() && options.if_match != object.info.etag) {
            return precondition_failed(id, "If-Match");
        }
        if (object.info.size_bytes > options.size_max) {
            return Error{Code::too_large,
                         "The object " + id.key + " has " + std::to_string(object.info.size_bytes) +
                             " bytes; at most " + std::to_string(options.size_max) +
                             " were asked for."};
        }
        return object;
    }

    Result<ObjectInfo> head(const ObjectId& id) override {
        const std::lock_guard lock(mutex_);
        return TRY(find(id))->info;
    }

    Result<std::string> put(const ObjectId& id, Bytes body, const PutOptions& options) override {
        TRY(check_key(id.key));
        if (options.if_none_match && !options.if_match.empty()) {
            return Error{Code::unsupported, "If-Match and If-None-Match together have no meaning."};
        }
        Object object = {
            .info = {.etag = format_hex(md5(body)),
                     .size_bytes = std::int64_t(body.size()),
                     .content_type = options.content_type,
                     .modified = std::chrono::floor<std::chrono::seconds>(clock_.now()),
                     .metadata = options.metadata},
            .body = Buffer(body.begin(), body.end())};
        std::string etag = object.info.etag;

        const std::lock_guard lock(mutex_);
        const auto bucket = buckets_.find(id.bucket);
        if (bucket == buckets_.end()) return no_such_bucket(id.bucket);
        const auto present = bucket->second.find(id.key);
        const bool exists = present != bucket->second.end();
        if (options.if_none_match && exists) return precondition_failed(id, "If-None-Match");
        if (!options.if_match.empty()) {
            if (!exists) return no_such_key(id);
            if (present->second.info.etag != options.if_match) {
                return precondition_failed(id, "If-Match");
            }
        }
        bucket->second.insert_or_assign(id.key, std::move(object));
        return etag;
    }

    Result<void> remove(const ObjectId& id, const RemoveOptions& options) override {
        const std::lock_guard lock(mutex_);
        const auto bucket = buckets_.find(id.bucket);
        if (bucket == buckets_.end()) return no_such_bucket(id.bucket);
        const auto present = bucket->second.find(id.key);
        if (present == bucket->second.end()) {
            if (!options.if_match.empty()) return no_such_key(id);
            return {};
        }
        if (!options.if_match.empty() && present->second.info.etag != options.if_match) {
            return precondition_failed(id, "If-Match");
        }
        bucket->second.erase(present);
        return {};
    }

    Result<ListPage> list(const std::string& name, const ListOptions& options) override {
        const std::lock_guard lock(mutex_);
        const auto bucket = buckets_.find(name);
        if (bucket == buckets_.end()) return no_such_bucket(name);

        // The token is the last key of the page before.
        ListPage page;
        auto object = options.token.empty() ? bucket->second.lower_bound(options.prefix)
                                            : bucket->second.upper_bound(options.token);
        for (; object != bucket->second.end(); ++object) {
            const auto& [key, value] = *object;
            if (!key.starts_with(options.prefix)) break;
            if (std::ssize(page.entries) >= std::clamp(options.count_max, 1, 1000)) {
                page.next_token = page.entries.back().key;
                break;
            }
            page.entries.push_back({.key = key,
                                    .etag = value.info.etag,
                                    .size_bytes = value.info.size_bytes,
                                    .modified = value.info.modified});
        }
        return page;
    }

    Result<PresignedUrl> presign_get(const ObjectId& id,
                                     const PresignGetOptions& options) override {
        std::string url = url_of(id) + "?expires=" + std::to_string(options.seconds);
        const auto add = [&](std::string_view name, const std::string& value) {
            if (value.empty()) return;
            url += "&" + std::string(name) + "=" + percent_encode(value, Slash::encode);
        };
        add("response-content-disposition", options.content_disposition);
        add("response-content-type", options.content_type);
        return PresignedUrl{url, clock_.now() + std::chrono::seconds(options.seconds)};
    }

    Result<PresignedPost> presign_post(const ObjectId& id,
                                       const PresignPostOptions& options) override {
        return PresignedPost{
            .url = "memory://" + id.bucket,
            .fields = {{"key", id.key},
                       {"Content-Type", options.content_type},
                       {"content-length-range",
                        std::to_string(options.size_min) + "," + std::to_string(options.size_max)}},
            .expires = clock_.now() + std::chrono::seconds(options.seconds)};
    }

  private:
    static std::string url_of(const ObjectId& id) {
        return "memory://" + id.bucket + "/" + percent_encode(id.key, Slash::keep);
    }

    // Under mutex_.
    Result<const Object*> find(const ObjectId& id) const {
        const auto bucket = buckets_.find(id.bucket);
        if (bucket == buckets_.end()) return no_such_bucket(id.bucket);
        const auto object = bucket->second.find(id.key);
        if (object == bucket->second.end()) return no_such_key(id);
        return &object->second;
    }

    const Clock& clock_;  // Outlives the store, as make_memory_store says.
    std::mutex mutex_;
    std::map<std::string, std::map<std::string, Object>> buckets_;  // Guarded by mutex_.
};

}  // namespace

std::unique_ptr<ObjectStore> make_memory_store(const Clock& clock,
                                               std::vector<std::string> buckets) {
    return std::make_unique<MemoryStore>(clock, buckets);
}

}  // namespace imagemill::store
