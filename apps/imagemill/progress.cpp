#include "progress.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/encodings.h"

namespace imagemill {
namespace {

constexpr int kBarWidth = 24;

}  // namespace

Progress::Progress(std::string what)
    : what_(std::move(what)), is_terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
    if (shown_percent_ >= 0) std::fputs("\r\033[K", stderr);
}

void Progress::show(std::int64_t done, std::int64_t total, const std::string& detail) {
    if (!is_terminal_ || total <= 0) return;
    const int percent = static_cast<int>(done * 100 / total);
    if (percent == shown_percent_ && done != total) return;
    shown_percent_ = percent;
    const int filled = percent * kBarWidth / 100;
    std::string bar;
    for (int i = 0; i < kBarWidth; ++i) bar += i < filled ? "█" : "░";
    std::fprintf(stderr, "\r\033[K%s %s %3d %%  %s", what_.c_str(), bar.c_str(), percent,
                 std::string(utf8_prefix(detail, 40)).c_str());
    std::fflush(stderr);
}

std::string format_bytes(std::int64_t bytes) {
    constexpr std::array<const char*, 4> units{"B", "kB", "MB", "GB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1000 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), value < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", value,
                  units[unit]);
    return text.data();
}

}  // namespace imagemill
