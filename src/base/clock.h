// clock: the only way time enters, so that a test owns it. And the four ways time is written.
//
// Units:   Time is UTC in milliseconds since 1970; steady() never jumps and has no epoch.
// Errors:  parse_x refuse what is not exactly of their form: invalid_argument.
// Threads: every clock may be used from any thread.
// Source:  ISO 8601 basic (SigV4's x-amz-date), RFC 3339, RFC 9110 5.6.7 (IMF-fixdate).
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace imagemill {

using Milliseconds = std::chrono::milliseconds;
using Time = std::chrono::sys_time<Milliseconds>;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Milliseconds>;

class Clock {
  public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    virtual SteadyTime steady() const = 0;
    virtual void sleep_for(Milliseconds duration) const = 0;
};

// The machine's clock. Lives as long as the program.
const Clock& system_clock();

// A clock that moves when told, or when someone sleeps on it.
class FakeClock final : public Clock {
  public:
    explicit FakeClock(Time start) : now_ms_(start.time_since_epoch().count()) {}
    Time now() const override { return Time(Milliseconds(now_ms_)); }
    SteadyTime steady() const override { return SteadyTime(Milliseconds(now_ms_)); }
    void sleep_for(Milliseconds duration) const override { now_ms_ += duration.count(); }
    void advance(Milliseconds duration) { now_ms_ += duration.count(); }

  private:
    mutable std::atomic<std::int64_t> now_ms_;
};

std::string format_rfc3339(Time time);              // 2026-12-01T12:00:00.123Z
std::string format_iso_basic(Time time);            // 20261201T120000Z
std::string format_http_date(Time time);            // Tue, 01 Dec 2026 12:00:00 GMT
Result<Time> parse_rfc3339(std::string_view text);  // Fraction optional; only Z.
Result<Time> parse_iso_basic(std::string_view text);
Result<Time> parse_http_date(std::string_view text);

}  // namespace imagemill
