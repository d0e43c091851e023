// write_plan: what a put or a form says of the object to be made, before any of its bytes is read;
// and the reading of them. Shared by PutObject and PostObject.
//
// Errors:  MetadataTooLarge, InvalidArgument (a value no header can carry), and those of
// checksums.h
//          and conditions.h.
// Threads: one.
// Source:  Amazon S3 API reference, PutObject; user guide, "Working with object metadata".
#pragma once

#include <cstdint>
#include <string_view>

#include "http/message.h"
#include "local/s3/checksums.h"
#include "local/s3/outcome.h"
#include "local/storage/disk_store.h"

namespace imagemill::local::s3 {

inline constexpr std::int64_t kMetadataBytesMax = 2048;  // Names and values, as S3 counts them.

struct WritePlan {
    Attributes attributes;
    WriteConditions conditions;
    BodyChecks checks;
};

Outcome<WritePlan> plan_write(const http::Headers& headers, std::string_view payload_hash);

// Reads `body` to its end into `upload` and `checks`. Stops, and says how much it read, once that
// is more than `size_max`.
Outcome<std::int64_t> receive(http::BodyReader& body, std::int64_t size_max, ByteSink& upload,
                              BodyChecks& checks);

// Before the bytes: they are added up whether or not the client says to what. After them: it is
// kept with the object.
void begin_checksum(WritePlan& plan);
void end_checksum(WritePlan& plan);

// Makes the object, and words what stands in the way as S3 does.
Outcome<StoredObject> commit(Upload& upload, const store::ObjectId& id, const WritePlan& plan,
                             const Origin& origin);

}  // namespace imagemill::local::s3
