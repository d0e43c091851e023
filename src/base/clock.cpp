#include "base/clock.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <thread>

namespace imagemill {
namespace {

class SystemClock final : public Clock {
  public:
    Time now() const override {
        return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
    }
    SteadyTime steady() const override {
        return std::chrono::time_point_cast<Milliseconds>(std::chrono::steady_clock::now());
    }
    void sleep_for(Milliseconds duration) const override { std::this_thread::sleep_for(duration); }
};

constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Fields {
    int year, month, day, hour, minute, second, millisecond, weekday;
};

Fields fields_of(Time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return {.year = static_cast<int>(date.year()),
            .month = static_cast<int>(static_cast<unsigned>(date.month())),
            .day = static_cast<int>(static_cast<unsigned>(date.day())),
            .hour = static_cast<int>(clock.hours().count()),
            .minute = static_cast<int>(clock.minutes().count()),
            .second = static_cast<int>(clock.seconds().count()),
            .millisecond = static_cast<int>(clock.subseconds().count()),
            .weekday = static_cast<int>(std::chrono::weekday(day).c_encoding())};
}

template <typename... Args>
std::string print(const char* format, Args... args) {
    std::array<char, 64> text{};
    const int length = std::snprintf(text.data(), text.size(), format, args...);
    return {text.data(), static_cast<std::size_t>(length)};
}

// Reads exactly `count` digits at `at`; -1 where one is missing.
int digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return -1;
    int value = 0;
    for (const char c : text.substr(at, count)) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

Error not_a_time(std::string_view text, const char* form) {
    return {Code::invalid_argument,
            "\"" + std::string(text.substr(0, 64)) + "\" is not a time of the form " + form + "."};
}

Result<Time> make_time(const Fields& f, std::string_view text, const char* form) {
    const std::chrono::year_month_day date(std::chrono::year(f.year),
                                           std::chrono::month(static_cast<unsigned>(f.month)),
                                           std::chrono::day(static_cast<unsigned>(f.day)));
    const bool valid = f.year >= 0 && f.month > 0 && f.day > 0 && date.ok() && f.hour >= 0 &&
                       f.hour < 24 && f.minute >= 0 && f.minute < 60 && f.second >= 0 &&
                       f.second <= 60 && f.millisecond >= 0;
    if (!valid) return not_a_time(text, form);
    return Time(std::chrono::sys_days(date)) + std::chrono::hours(f.hour) +
           std::chrono::minutes(f.minute) + std::chrono::seconds(f.second) +
           Milliseconds(f.millisecond);
}

}  // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

std::string format_rfc3339(Time time) {
    const Fields f = fields_of(time);
    return print("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", f.year, f.month, f.day, f.hour, f.minute,
                 f.second, f.millisecond);
}

std::string format_iso_basic(Time time) {
    const Fields f = fields_of(time);
    return print("%04d%02d%02dT%02d%02d%02dZ", f.year, f.month, f.day, f.hour, f.minute, f.second);
}

std::string format_http_date(Time time) {
    const Fields f = fields_of(time);
    return print("%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[static_cast<std::size_t>(f.weekday)],
                 f.day, kMonths[static_cast<std::size_t>(f.month - 1)], f.year, f.hour, f.minute,
                 f.second);
}

Result<Time> parse_rfc3339(std::string_view text) {
    constexpr const char* kForm = "2026-12-01T12:00:00.000Z";
    Fields f{.year = digits(text, 0, 4),
             .month = digits(text, 5, 2),
             .day = digits(text, 8, 2),
             .hour = digits(text, 11, 2),
             .minute = digits(text, 14, 2),
             .second = digits(text, 17, 2),
             .millisecond = 0,
             .weekday = 0};
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':' || text.back() != 'Z') {
        return not_a_time(text, kForm);
    }
    const std::string_view fraction = text.substr(19, text.size() - 20);
    if (!fraction.empty()) {
        if (fraction[0] != '.' || fraction.size() < 2 || fraction.size() > 10 ||
            digits(fraction, 1, fraction.size() - 1) < 0) {
            return not_a_time(text, kForm);
        }
        std::string thousandths(fraction.substr(1, 3));
        thousandths.resize(3, '0');
        f.millisecond = digits(thousandths, 0, 3);
    }
    return make_time(f, text, kForm);
}

Result<Time> parse_iso_basic(std::string_view text) {
    constexpr const char* kForm = "20261201T120000Z";
    if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return not_a_time(text, kForm);
    return make_time({.year = digits(text, 0, 4),
                      .month = digits(text, 4, 2),
                      .day = digits(text, 6, 2),
                      .hour = digits(text, 9, 2),
                      .minute = digits(text, 11, 2),
                      .second = digits(text, 13, 2),
                      .millisecond = 0,
                      .weekday = 0},
                     text, kForm);
}

Result<Time> parse_http_date(std::string_view text) {
    constexpr const char* kForm = "Tue, 01 Dec 2026 12:00:00 GMT";
    if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" ||
        text[19] != ':' || text[22] != ':') {
        return not_a_time(text, kForm);
    }
    int month = 0;
    for (int i = 0; i < 12; ++i) {
        if (text.substr(8, 3) == kMonths[static_cast<std::size_t>(i)]) month = i + 1;
    }
    return make_time({.year = digits(text, 12, 4),
                      .month = month,
                      .day = digits(text, 5, 2),
                      .hour = digits(text, 17, 2),
                      .minute = digits(text, 20, 2),
                      .second = digits(text, 23, 2),
                      .millisecond = 0,
                      .weekday = 0},
                     text, kForm);
}

}  // namespace imagemill
