// activity: what the functions did lately, kept in memory for who looks at it: the last
// invocations, the pictures that failed, and how much was done how fast over the last minutes.
//
// Shapes:  Entries are numbered from 1; a reader asks for those after the last one it has. A
//          failure is forgotten when an event of its object succeeds. Spans are of kSpan, oldest
//          first, those in which nothing ended left out.
// Threads: any.
// Cost:    bounded: kEntriesMax entries, kFailuresMax failures, kSpansMax spans a function.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "local/lambda/pool.h"

namespace imagemill::local {

class Activity final {
  public:
    static constexpr std::size_t kEntriesMax = 200;
    static constexpr std::size_t kFailuresMax = 100;
    static constexpr std::size_t kSpansMax = 300;
    static constexpr Milliseconds kSpan{2'000};

    struct Entry {
        std::int64_t number = 0;
        std::string function;
        std::string request_id;
        std::string trace_id;
        std::string what;  // "POST /upload", "ObjectCreated:Put"
        std::string key;   // Of an event's (first) object.
        int attempt = 1;
        std::string error_type;  // Empty for success.
        bool has_failed_picture = false;
        Milliseconds duration{0};
        Time ended;
    };
    struct Span {
        Time start;
        std::int64_t count = 0;
        std::int64_t errors = 0;
        Milliseconds sum{0};
        Milliseconds longest{0};
    };

    // Which objects could not be done, by the answer of an invocation that succeeded.
    using FailedKeys = std::function<std::vector<std::string>(std::string_view answer)>;
    explicit Activity(FailedKeys failed_keys = {}) : failed_keys_(std::move(failed_keys)) {}

    void add(const FinishedInvocation& finished);

    // With numbers greater than `after`, ascending.
    std::vector<Entry> entries_after(std::int64_t after) const;
    // The newest last. `version` changes with them.
    std::vector<Entry> failures() const;
    std::int64_t failures_version() const;
    // Those that begin at `from` or later.
    std::vector<Span> spans(const std::string& function, Time from) const;

  private:
    void count(const Entry& entry);          // mutex_ is held.
    void note_failures(const Entry& entry);  // Likewise.

    const FailedKeys failed_keys_;
    mutable std::mutex mutex_;  // Guards all below.
    std::int64_t last_number_ = 0;
    std::deque<Entry> entries_;
    std::deque<Entry> failures_;
    std::int64_t failures_version_ = 0;
    std::map<std::string, std::deque<Span>, std::less<>> spans_;
};

}  // namespace imagemill::local
