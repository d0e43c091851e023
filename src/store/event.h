// event: that something happened to an object. It says "look"; the object's present state is the
// truth (docs/guarantees.md). Its wire form, S3's notification JSON, is aws/s3_event.h.
//
// Shapes: `key` is the real key, decoded once where the event came in.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace imagemill::store {

enum class EventKind { created, removed };

struct ObjectEvent {
    EventKind kind = EventKind::created;
    std::string name = {};  // S3's: "ObjectCreated:Put". No "s3:" before it.
    std::string bucket = {};
    std::string key = {};
    std::string etag = {};  // Without quotes; empty for a removal.
    std::int64_t size_bytes = 0;
    std::string sequencer = {};  // Orders events of one key: hex, 16 digits.
    Time time = {};
};

}  // namespace imagemill::store
