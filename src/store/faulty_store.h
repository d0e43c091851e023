// faulty_store: an ObjectStore over another one in which things go wrong. For tests only.
//
// Shapes:  `before` runs ahead of each call and may change the world or answer with an Error, and
//          then the call is not made. `after` runs behind each call and may answer with an Error
//          though the call was made: its answer is lost. Pre-signing is passed through.
//
//          store.before = crash_at(3);               // The fourth call and all later ones fail.
//          store.after = seeded_faults(seed, 100);   // Every hundredth answer is lost.
//          store.before = [&](const Step& step) { if (step.index == 2) overwrite(); return ok(); };
// Threads: any, once the hooks are set; the hooks must stand it too.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "store/object_store.h"

namespace imagemill::store {

enum class Call { get, head, put, remove, list };

struct Step {
    int index = 0;  // Of all calls so far.
    Call call = Call::get;
    ObjectId id = {};
};

using Fault = std::optional<Error>;
using Hook = std::function<Fault(const Step&)>;

class FaultyStore final : public ObjectStore {
  public:
    // `inner` outlives this store.
    explicit FaultyStore(ObjectStore& inner) : inner_(inner) {}

    Hook before;
    Hook after;

    std::vector<Step> steps() const {
        const std::lock_guard lock(mutex_);
        return steps_;
    }
    void forget_steps() {
        const std::lock_guard lock(mutex_);
        steps_.clear();
    }

    Result<Object> get(const ObjectId& id, const GetOptions& options) override {
        return run<Object>(Call::get, id, [&] { return inner_.get(id, options); });
    }
    Result<ObjectInfo> head(const ObjectId& id) override {
        return run<ObjectInfo>(Call::head, id, [&] { return inner_.head(id); });
    }
    Result<std::string> put(const ObjectId& id, Bytes body, const PutOptions& options) override {
        return run<std::string>(Call::put, id, [&] { return inner_.put(id, body, options); });
    }
    Result<void> remove(const ObjectId& id, const RemoveOptions& options) override {
        return run<void>(Call::remove, id, [&] { return inner_.remove(id, options); });
    }
    Result<ListPage> list(const std::string& bucket, const ListOptions& options) override {
        return run<ListPage>(Call::list, {.bucket = bucket, .key = options.prefix},
                             [&] { return inner_.list(bucket, options); });
    }
    Result<PresignedUrl> presign_get(const ObjectId& id,
                                     const PresignGetOptions& options) override {
        return inner_.presign_get(id, options);
    }
    Result<PresignedPost> presign_post(const ObjectId& id,
                                       const PresignPostOptions& options) override {
        return inner_.presign_post(id, options);
    }

  private:
    template <typename T, typename Made>
    Result<T> run(Call call, const ObjectId& id, const Made& made) {
        const Step step = note(call, id);
        if (before) {
            if (Fault fault = before(step)) return *std::move(fault);
        }
        Result<T> result = made();
        if (after) {
            if (Fault fault = after(step)) return *std::move(fault);
        }
        return result;
    }

    Step note(Call call, const ObjectId& id) {
        const std::lock_guard lock(mutex_);
        steps_.push_back({.index = static_cast<int>(steps_.size()), .call = call, .id = id});
        return steps_.back();
    }

    ObjectStore& inner_;  // Outlives this store, as the constructor says.
    mutable std::mutex mutex_;
    std::vector<Step> steps_;  // Guarded by mutex_.
};

inline Fault ok() {
    return std::nullopt;
}

inline Fault unavailable(const Step& step) {
    return Error{Code::unavailable, "The test broke call " + std::to_string(step.index) + "."};
}

// From call `index` on nothing works: what a caller sees of its own death.
inline Hook crash_at(int index) {
    return [index](const Step& step) { return step.index >= index ? unavailable(step) : ok(); };
}

// One call in `one_in` fails, by a generator of its own.
inline Hook seeded_faults(std::uint32_t seed, int one_in) {
    return [generator = std::mt19937(seed), one_in](const Step& step) mutable {
        return generator() % static_cast<std::uint32_t>(one_in) == 0 ? unavailable(step) : ok();
    };
}

}  // namespace imagemill::store
