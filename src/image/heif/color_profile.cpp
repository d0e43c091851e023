#include "image/heif/color_profile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace imagemill::image {
namespace {

constexpr int kSrgbPrimaries = 1, kBt2020 = 9, kDisplayP3 = 12;
constexpr int kPq = 16, kHlg = 18;

using Xyz = std::array<double, 3>;
struct Primaries {
    Xyz red, green, blue;
};
constexpr Primaries kSrgb{
    {0.43607, 0.22249, 0.01392}, {0.38515, 0.71687, 0.09708}, {0.14307, 0.06061, 0.71410}};
constexpr Primaries kP3{
    {0.51512, 0.24120, -0.00105}, {0.29198, 0.69225, 0.04189}, {0.15710, 0.06657, 0.78407}};
constexpr Primaries kWide{
    {0.67348, 0.27904, -0.00194}, {0.16566, 0.67534, 0.02998}, {0.12505, 0.04561, 0.79686}};

void put(std::string& out, std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
}

void put_fixed(std::string& out, double value) {
    put(out, static_cast<std::uint32_t>(static_cast<std::int32_t>(std::lround(value * 65'536))), 4);
}

std::string format_xyz(const Xyz& value) {
    std::string out("XYZ \0\0\0\0", 8);
    for (const double part : value) put_fixed(out, part);
    return out;
}

// A name in the one language a profile must have.
std::string format_text(std::string_view text) {
    std::string out("mluc\0\0\0\0", 8);
    put(out, 1, 4);
    put(out, 12, 4);
    out += "enUS";
    put(out, text.size() * 2, 4);
    put(out, 28, 4);
    for (const char c : text) {
        out += '\0';
        out += c;
    }
    return out;
}

double linear_of_pq(double value) {
    constexpr double m1 = 2610.0 / 16384, m2 = 2523.0 / 32;
    constexpr double c1 = 3424.0 / 4096, c2 = 2413.0 / 128, c3 = 2392.0 / 128;
    const double power = std::pow(value, 1 / m2);
    return std::pow(std::max(power - c1, 0.0) / (c2 - c3 * power), 1 / m1) * 10'000 / 203;
}

double linear_of_hlg(double value) {
    constexpr double a = 0.17883277, b = 0.28466892, c = 0.55991073;
    const auto scene = [](double v) {
        return v <= 0.5 ? v * v / 3 : (std::exp((v - c) / a) + b) / 12;
    };
    return scene(value) / scene(0.75);
}

// Type 3: (a x + b)^g from d on, c x below.
std::string format_parametric(double g, double a, double b, double c, double d) {
    std::string out("para\0\0\0\0\0\3\0\0", 12);
    for (const double number : {g, a, b, c, d}) put_fixed(out, number);
    return out;
}

std::string format_curve(int transfer) {
    if (transfer != kPq && transfer != kHlg) {
        const bool is_video = transfer == 1 || transfer == 6 || transfer == 14 || transfer == 15;
        // Cameras that say "video" mean what screens show, which is sRGB's, except in BT.2020.
        return is_video ? format_parametric(2.2222, 0.90992, 0.09008, 0.22222, 0.08125)
                        : format_parametric(2.4, 0.94787, 0.05213, 0.07740, 0.04045);
    }
    constexpr int kSteps = 1024;
    std::string out("curv\0\0\0\0", 8);
    put(out, kSteps, 4);
    for (int i = 0; i < kSteps; ++i) {
        const double value = static_cast<double>(i) / (kSteps - 1);
        const double linear = transfer == kPq ? linear_of_pq(value) : linear_of_hlg(value);
        put(out, static_cast<std::uint64_t>(std::lround(std::clamp(linear, 0.0, 1.0) * 65'535)), 2);
    }
    return out;
}

struct Tag {
    std::string_view name;
    std::string body;
};

std::string format_header(std::size_t size) {
    std::string out;
    put(out, size, 4);
    put(out, 0, 4);
    put(out, 0x0440'0000, 4);
    out += "mntrRGB XYZ ";
    for (const int number : {2024, 1, 1, 0, 0, 0}) put(out, static_cast<std::uint64_t>(number), 2);
    out += "acsp";
    out.append(28, '\0');
    for (const double part : {0.96420, 1.0, 0.82491}) put_fixed(out, part);
    out.append(128 - out.size(), '\0');
    return out;
}

std::string format_profile(std::string_view name, const Primaries& primaries, int transfer) {
    const std::string curve = format_curve(transfer);
    const std::array tags{Tag{"desc", format_text(name)},
                          Tag{"cprt", format_text("No copyright")},
                          Tag{"wtpt", format_xyz({0.96420, 1.0, 0.82491})},
                          Tag{"rXYZ", format_xyz(primaries.red)},
                          Tag{"gXYZ", format_xyz(primaries.green)},
                          Tag{"bXYZ", format_xyz(primaries.blue)},
                          Tag{"rTRC", curve},
                          Tag{"gTRC", curve},
                          Tag{"bTRC", curve}};
    std::string table, bodies;
    put(table, tags.size(), 4);
    const std::size_t start = 128 + 4 + tags.size() * 12;
    std::size_t curve_at = 0;
    for (const Tag& tag : tags) {
        const bool is_curve = tag.name.ends_with("TRC");
        std::size_t at = start + bodies.size();
        if (is_curve && curve_at != 0) at = curve_at;
        if (is_curve && curve_at == 0) curve_at = at;
        table += tag.name;
        put(table, at, 4);
        put(table, tag.body.size(), 4);
        if (at != start + bodies.size()) continue;
        bodies += tag.body;
        bodies.append((4 - bodies.size() % 4) % 4, '\0');
    }
    return format_header(start + bodies.size()) + table + bodies;
}

}  // namespace

Bytes profile_of(const HeifColor& color) {
    const bool is_hdr = color.transfer == kPq || color.transfer == kHlg;
    static const std::string p3 = format_profile("Display P3", kP3, 13);
    static const std::string wide = format_profile("BT.2020", kWide, 14);
    static const std::string wide_pq = format_profile("BT.2100 PQ", kWide, kPq);
    static const std::string wide_hlg = format_profile("BT.2100 HLG", kWide, kHlg);
    static const std::string p3_pq = format_profile("Display P3 PQ", kP3, kPq);
    static const std::string p3_hlg = format_profile("Display P3 HLG", kP3, kHlg);
    static const std::string srgb_pq = format_profile("BT.709 PQ", kSrgb, kPq);
    static const std::string srgb_hlg = format_profile("BT.709 HLG", kSrgb, kHlg);
    const bool pq = color.transfer == kPq;
    if (color.primaries == kDisplayP3) return as_bytes(!is_hdr ? p3 : pq ? p3_pq : p3_hlg);
    if (color.primaries == kBt2020) return as_bytes(!is_hdr ? wide : pq ? wide_pq : wide_hlg);
    if (color.primaries == kSrgbPrimaries && is_hdr) return as_bytes(pq ? srgb_pq : srgb_hlg);
    return {};
}

}  // namespace imagemill::image
