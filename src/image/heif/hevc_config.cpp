#include "image/heif/hevc_config.h"

#include <algorithm>

#include "image/probe/byte_reader.h"
#include "image/probe/codec.h"

namespace imagemill::image {
namespace {

constexpr int kVps = 32, kSps = 33, kPps = 34;
constexpr int kFirstStill = 16, kLastStill = 21;  // Slices that need no other picture.
constexpr std::size_t kParameterSetsMax = 16;

int type_of(Bytes unit) {
    return unit.size() < 2 ? -1 : std::to_integer<int>(unit.front()) >> 1 & 0x3f;
}

// Bits of a NAL unit, without the bytes that keep start codes out of it (7.3.1.1).
class Bits final {
  public:
    explicit Bits(Bytes unit) {
        int zeros = 0;
        for (const std::byte byte : unit) {
            const bool is_guard = zeros >= 2 && byte == std::byte{3};
            zeros = byte == std::byte{0} ? zeros + 1 : 0;
            if (!is_guard) bytes_.push_back(byte);
        }
    }
    std::uint32_t take(int count) {
        std::uint32_t value = 0;
        for (int i = 0; i < count; ++i) value = value << 1 | one();
        return value;
    }
    void skip(int count) { at_ += static_cast<std::size_t>(count); }
    // 9.2: as many bits follow the first 1 as zeros came before it.
    std::uint32_t take_exp_golomb() {
        int zeros = 0;
        while (ok() && zeros < 31 && one() == 0) ++zeros;
        return (1U << zeros) - 1 + take(zeros);
    }
    bool ok() const { return at_ <= bytes_.size() * 8; }

  private:
    std::uint32_t one() {
        const std::size_t at = at_++;
        if (at >= bytes_.size() * 8) return 0;
        return std::to_integer<std::uint32_t>(bytes_[at / 8]) >> (7 - at % 8) & 1U;
    }
    Buffer bytes_;
    std::size_t at_ = 0;
};

void skip_profile_tier_level(Bits& bits, int sub_layers) {
    bits.skip(88 + 8);
    bool has_profile[8] = {}, has_level[8] = {};
    for (int i = 0; i < sub_layers; ++i) {
        has_profile[i] = bits.take(1) != 0;
        has_level[i] = bits.take(1) != 0;
    }
    if (sub_layers > 0) bits.skip(2 * (8 - sub_layers));
    for (int i = 0; i < sub_layers; ++i)
        bits.skip((has_profile[i] ? 88 : 0) + (has_level[i] ? 8 : 0));
}

Result<Size> parse_sps_size(Bytes unit) {
    Bits bits(unit.subspan(2, std::min<std::size_t>(unit.size() - 2, 256)));
    bits.skip(4);
    const int sub_layers = static_cast<int>(bits.take(3));
    bits.skip(1);
    skip_profile_tier_level(bits, sub_layers);
    bits.take_exp_golomb();
    if (bits.take_exp_golomb() == 3) bits.skip(1);
    const std::uint32_t width = bits.take_exp_golomb();
    const std::uint32_t height = bits.take_exp_golomb();
    constexpr std::uint32_t kSideMax = 65'535;
    if (!bits.ok() || width == 0 || height == 0 || width > kSideMax || height > kSideMax) {
        return corrupt("The HEIC is damaged: its coded picture has no size.");
    }
    return Size{static_cast<int>(width), static_cast<int>(height)};
}

}  // namespace

Result<HevcConfig> parse_hevc_config(Bytes body) {
    HevcConfig config;
    ByteReader reader(body, Endian::big);
    reader.skip(21);
    config.length_bytes = (reader.u8() & 3) + 1;
    const int arrays = reader.u8();
    for (int i = 0; i < arrays && reader.ok(); ++i) {
        reader.skip(1);
        const int count = reader.u16();
        for (int j = 0; j < count && reader.ok(); ++j) {
            const Bytes unit = reader.take(reader.u16());
            const int type = type_of(unit);
            if (type < kVps || type > kPps) continue;
            if (type == kSps) {
                const Size size = TRY(parse_sps_size(unit));
                config.coded = {std::max(config.coded.width, size.width),
                                std::max(config.coded.height, size.height)};
            }
            config.parameter_sets.push_back(unit);
        }
    }
    if (reader.ok() && config.coded != Size{} &&
        config.parameter_sets.size() <= kParameterSetsMax) {
        return config;
    }
    return corrupt("The HEIC is damaged: what its decoder needs to know is not there.");
}

Result<std::vector<Bytes>> split_hevc_slices(Bytes data, int length_bytes) {
    std::vector<Bytes> slices;
    ByteReader reader(data, Endian::big);
    while (!reader.at_end()) {
        std::uint64_t length = 0;
        for (int i = 0; i < length_bytes; ++i) length = length << 8 | reader.u8();
        const Bytes unit = reader.take(length);
        if (!reader.ok()) return corrupt("The HEIC ends before its picture does.");
        const int type = type_of(unit);
        if (type >= kFirstStill && type <= kLastStill) slices.push_back(unit);
    }
    if (slices.empty()) return corrupt("The HEIC holds no picture where it says it does.");
    return slices;
}

}  // namespace imagemill::image
