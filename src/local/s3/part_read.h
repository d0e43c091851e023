// part_read: which bytes ?partNumber=N of a read asks for.
//
// Errors:  InvalidPartNumber (416)  the object has no such part. InvalidRequest  a Range as well.
// Threads: pure functions.
// Source:  Amazon S3 API reference, GetObject and HeadObject, partNumber.
#pragma once

#include "http/message.h"
#include "local/s3/outcome.h"
#include "local/s3/range.h"
#include "local/storage/disk_store.h"

namespace imagemill::local::s3 {

struct PartRead {
    Span span;
    int part_count = 0;  // 0: the object was put as one, which is its part 1.
};
Outcome<PartRead> find_part(const StoredObject& object, int number, const http::Headers& headers);

}  // namespace imagemill::local::s3
