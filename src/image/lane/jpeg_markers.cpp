#include "image/lane/jpeg_markers.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/check.h"
#include "image/lane/jpeg_error.h"
#include "image/lane/zigzag.h"

namespace imagemill::image {
namespace {

// T.81 table B.1
constexpr int kBaseline = 0xC0;
constexpr int kExtended = 0xC1;
constexpr int kProgressive = 0xC2;
constexpr int kHuffmanTables = 0xC4;
constexpr int kEndOfImage = 0xD9;
constexpr int kStartOfScan = 0xDA;
constexpr int kQuantisers = 0xDB;
constexpr int kRestartInterval = 0xDD;

bool is_frame(int marker) {
    return marker == kBaseline || marker == kExtended || marker == kProgressive;
}

// RST0..7, SOI, TEM: no length follows.
bool stands_alone(int marker) {
    return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
}

int ceil_divide(int value, int divisor) {
    return (value + divisor - 1) / divisor;
}

}  // namespace

// A big-endian reader of one marker segment.
class JpegMarkers::Segment final {
  public:
    explicit Segment(Bytes bytes) : bytes_(bytes) {}
    bool has(std::size_t count) const { return bytes_.size() >= count; }
    bool empty() const { return bytes_.empty(); }
    int byte() { return std::to_integer<int>(take(1)[0]); }
    int word() {
        const int high = byte();
        return high << 8 | byte();
    }
    Bytes take(std::size_t count) {
        CHECK(has(count));
        const Bytes taken = bytes_.first(count);
        bytes_ = bytes_.subspan(count);
        return taken;
    }

  private:
    Bytes bytes_;
};

Result<bool> JpegMarkers::read_segments() {
    while (input_.size() - std::min(position_, input_.size()) >= 2) {
        const int marker = std::to_integer<int>(input_[position_ + 1]);
        const bool is_marker =
            input_[position_] == std::byte{0xFF} && marker != 0 && marker != 0xFF;
        if (!is_marker) {
            ++position_;
            continue;
        }
        if (marker == kEndOfImage) return false;
        if (stands_alone(marker)) {
            position_ += 2;
            continue;
        }
        const Bytes rest = input_.subspan(position_ + 2);
        if (rest.size() < 2) break;
        const auto length = static_cast<std::size_t>(Segment(rest).word());
        if (length < 2 || rest.size() < length) break;
        position_ += 2 + length;
        const Segment segment(rest.subspan(2, length - 2));
        if (marker == kStartOfScan) {
            TRY(read_scan_header(segment));
            return true;
        }
        TRY(read_segment(marker, segment));
    }
    return jpeg_ends_early();
}

Result<void> JpegMarkers::read_segment(int marker, Segment segment) {
    if (is_frame(marker)) return read_frame(marker, segment);
    if (marker == kQuantisers) return read_quantisers(segment);
    if (marker == kHuffmanTables) return read_tables(segment);
    if (marker == kRestartInterval) {
        if (!segment.has(2)) return damaged_jpeg("a restart interval is cut short");
        restart_interval_ = segment.word();
    }
    return {};
}

Result<void> JpegMarkers::read_quantisers(Segment segment) {
    while (!segment.empty()) {
        const int head = segment.byte();
        const bool is_wide = head >> 4 != 0;
        if ((head & 15) > 3 || !segment.has(is_wide ? 128 : 64)) {
            return damaged_jpeg("a quantisation table is wrong");
        }
        const auto index = static_cast<std::size_t>(head & 15);
        for (const std::uint8_t place : kZigzag) {
            quantisers_[index][place] =
                static_cast<std::uint16_t>(is_wide ? segment.word() : segment.byte());
        }
        has_quantiser_[index] = true;
    }
    return {};
}

Result<void> JpegMarkers::read_tables(Segment segment) {
    while (!segment.empty()) {
        const int head = segment.byte();
        if ((head & 15) > 3 || head >> 4 > 1 || !segment.has(16)) {
            return damaged_jpeg("a Huffman table is wrong");
        }
        const CodeKind kind = head >> 4 == 0 ? CodeKind::dc : CodeKind::ac;
        const Bytes counts = segment.take(16);
        std::size_t total = 0;
        for (const std::byte count : counts) total += std::to_integer<std::size_t>(count);
        if (total > 256 || !segment.has(total)) return damaged_jpeg("a Huffman table is wrong");
        auto& tables = kind == CodeKind::dc ? dc_tables_ : ac_tables_;
        const auto index = static_cast<std::size_t>(head & 15);
        if (!tables[index].build(kind, counts, segment.take(total))) {
            return damaged_jpeg("a Huffman table is wrong");
        }
    }
    return {};
}

Result<void> JpegMarkers::read_frame(int marker, Segment segment) {
    const Error wrong = damaged_jpeg("its frame header is wrong");
    if (!frame_.components.empty() || !segment.has(6)) return wrong;
    const int precision = segment.byte();
    frame_.is_progressive = marker == kProgressive;
    frame_.height = segment.word();
    frame_.width = segment.word();
    const int count = segment.byte();
    const bool is_right = precision == 8 && frame_.width > 0 && frame_.height > 0 &&
                          (count == 1 || count == 3) &&
                          segment.has(static_cast<std::size_t>(count) * 3);
    if (!is_right) return wrong;
    for (int i = 0; i < count; ++i) TRY(read_component(segment));
    lay_out_blocks();
    return {};
}

Result<void> JpegMarkers::read_component(Segment& segment) {
    JpegComponent component{.id = segment.byte()};
    const int sampling = segment.byte();
    component.sampling_x = sampling >> 4;
    component.sampling_y = sampling & 15;
    component.quantiser = segment.byte();
    const auto is_sampling = [](int value) { return value >= 1 && value <= 4; };
    if (!is_sampling(component.sampling_x) || !is_sampling(component.sampling_y) ||
        component.quantiser > 3) {
        return damaged_jpeg("its frame header is wrong");
    }
    frame_.sampling_x_max = std::max(frame_.sampling_x_max, component.sampling_x);
    frame_.sampling_y_max = std::max(frame_.sampling_y_max, component.sampling_y);
    frame_.components.push_back(component);
    return {};
}

void JpegMarkers::lay_out_blocks() {
    frame_.mcus_x = ceil_divide(frame_.width, 8 * frame_.sampling_x_max);
    frame_.mcus_y = ceil_divide(frame_.height, 8 * frame_.sampling_y_max);
    for (JpegComponent& component : frame_.components) {
        const auto blocks = [](int length, int sampling, int sampling_max) {
            return ceil_divide(ceil_divide(length * sampling, sampling_max), 8);
        };
        component.blocks_x = blocks(frame_.width, component.sampling_x, frame_.sampling_x_max);
        component.blocks_y = blocks(frame_.height, component.sampling_y, frame_.sampling_y_max);
        component.stride = frame_.mcus_x * component.sampling_x;
        component.rows = frame_.mcus_y * component.sampling_y;
    }
}

Result<void> JpegMarkers::read_scan_header(Segment segment) {
    const Error wrong = damaged_jpeg("a scan header is wrong");
    if (frame_.components.empty() || !segment.has(1)) return wrong;
    const int count = segment.byte();
    if (count < 1 || count > 3 || !segment.has(static_cast<std::size_t>(count) * 2 + 3)) {
        return wrong;
    }
    scan_ = {};
    for (int i = 0; i < count; ++i) {
        const int id = segment.byte();
        const auto found = std::ranges::find(frame_.components, id, &JpegComponent::id);
        const auto index = static_cast<std::size_t>(found - frame_.components.begin());
        const bool is_twice =
            std::ranges::count(scan_.parts, index, &JpegScan::Part::component) > 0;
        if (found == frame_.components.end() || is_twice) return wrong;
        const auto tables = static_cast<std::size_t>(segment.byte());
        scan_.parts.push_back(
            {.component = index, .dc_table = tables >> 4 & 3, .ac_table = tables & 3});
    }
    scan_.first = segment.byte();
    scan_.last = segment.byte();
    const int approximation = segment.byte();
    scan_.high = approximation >> 4;
    scan_.low = approximation & 15;
    return {};
}

const std::array<std::uint16_t, 64>* JpegMarkers::quantiser(const JpegComponent& component) const {
    const auto index = static_cast<std::size_t>(component.quantiser);
    return has_quantiser_[index] ? &quantisers_[index] : nullptr;
}

Error damaged_jpeg(const char* what) {
    return {Code::corrupt, std::string("The JPEG file is damaged: ") + what + "."};
}

Plane make_component_plane(const JpegFrame& frame, const JpegComponent& component, int size) {
    const double extent_x =
        double(frame.width) * component.sampling_x * size / (frame.sampling_x_max * 8);
    const double extent_y =
        double(frame.height) * component.sampling_y * size / (frame.sampling_y_max * 8);
    Plane plane =
        make_plane(static_cast<int>(std::ceil(extent_x)), static_cast<int>(std::ceil(extent_y)),
                   component.stride * size, component.rows * size);
    plane.extent_x = extent_x;
    plane.extent_y = extent_y;
    return plane;
}

}  // namespace imagemill::image
