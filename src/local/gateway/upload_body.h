// upload_body: a request's body, read within a limit and within what all requests may hold at once.
//
// Shapes:  The bytes count against the budget as they come, not by what a client announces: one
//          that announces much and sends slowly holds what it has sent. They count until the
//          UploadBody is gone. One alone is let through whatever the budget.
// Errors:  too_large  over the limit: at once where the length is known; says how to get a
//                     pre-signed form.
//          busy       the budget is spent.
//          corrupt, timeout, unavailable  as BodyReader.
// Threads: a Budget is any's; an UploadBody is one's.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "http/message.h"

namespace imagemill::local {

class Budget final {
  public:
    explicit Budget(std::int64_t bytes_max) : bytes_max_(bytes_max) {}
    std::int64_t bytes_max() const { return bytes_max_; }
    // False: it would be overspent. `held` is what the caller has of it already.
    bool spend(std::int64_t bytes, std::int64_t held);
    bool has_room_for(std::int64_t bytes) const;
    void give_back(std::int64_t bytes) { spent_ -= bytes; }

  private:
    const std::int64_t bytes_max_;
    std::atomic<std::int64_t> spent_ = 0;
};

class UploadBody final {
  public:
    explicit UploadBody(Budget& budget) : budget_(budget) {}
    ~UploadBody() { budget_.give_back(held_); }
    UploadBody(const UploadBody&) = delete;
    UploadBody& operator=(const UploadBody&) = delete;

    // Reads all of it. Once.
    Result<void> read(http::Request& request, std::int64_t upload_bytes_max);
    Bytes bytes() const { return bytes_; }
    // Frees the bytes, which still count: what was made of them is as large.
    void drop() { bytes_ = Buffer(); }

  private:
    Result<void> grow(http::BodyReader& reader, std::int64_t limit, std::int64_t upload_bytes_max);

    Budget& budget_;  // The gateway's, which outlives its requests.
    Buffer bytes_;
    std::int64_t held_ = 0;
};

// What a body of that type may have, so that a picture of `upload_bytes_max` fits into it.
std::int64_t body_bytes_max(std::string_view content_type, std::int64_t upload_bytes_max);
// The refusal of a body of `measured` bytes.
Error too_large_upload(std::int64_t measured, std::int64_t upload_bytes_max);

}  // namespace imagemill::local
