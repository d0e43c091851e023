#include "image/lane/jpeg_progressive.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>
#include <vector>

#include "image/lane/huffman.h"
#include "image/lane/inverse_dct.h"

namespace imagemill::image {
namespace {

constexpr int kScansMax = 1'000;
constexpr int kBlock = 64;

constexpr std::array<std::uint8_t, kBlock> kZigzag{
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

Error damaged(const char* what) {
    return {Code::corrupt, std::string("The JPEG file is damaged: ") + what + "."};
}

Error ends_early() {
    return {Code::corrupt, "The JPEG file ends too early: a part of the picture is missing."};
}

struct Component {
    int id = 0;
    int sampling_x = 1;
    int sampling_y = 1;
    int quantiser = 0;
    int blocks_x = 0;  // That the picture covers: what a scan of this component alone holds.
    int blocks_y = 0;
    int stride = 0;  // In blocks: whole MCUs, what an interleaved scan holds.
    int rows = 0;
    int dc_table = 0;  // Of the current scan, as is the next.
    int ac_table = 0;
    int prediction = 0;
    std::vector<std::int16_t> kept = {};  // size × size a block, by rows.
    std::vector<std::uint64_t> nonzero =
        {};  // Bit k: the coefficient at zigzag place k is not zero.
};

struct Scan {
    std::vector<Component*> components;
    int first = 0;  // Zigzag places, inclusive.
    int last = 0;
    int high = 0;  // 0: the first scan of these coefficients; else this refines them.
    int low = 0;
};

constexpr std::uint64_t bits_below(int k) {
    return k >= kBlock ? ~std::uint64_t{0} : (std::uint64_t{1} << k) - 1;
}

// A big-endian reader of one marker segment.
class Segment final {
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

class ProgressiveDecoder final {
  public:
    ProgressiveDecoder(Bytes input, int size, const Stop& stop)
        : input_(input), size_(size), stop_(stop) {
        for (int k = 0; k < kBlock; ++k) {
            const int row = kZigzag[static_cast<std::size_t>(k)] / 8;
            const int column = kZigzag[static_cast<std::size_t>(k)] % 8;
            const bool is_kept = row < size && column < size;
            place_[static_cast<std::size_t>(k)] = is_kept ? row * size + column : -1;
            if (is_kept) kept_mask_ |= std::uint64_t{1} << k;
        }
    }

    Result<Planes> decode() {
        TRY(read_segments());
        if (components_.empty() || scans_ == 0) return damaged("it has no picture");
        Planes planes;
        for (const Component& component : components_) {
            planes.planes.push_back(TRY(make_samples(component)));
        }
        return planes;
    }

  private:
    Result<void> read_segments();
    Result<void> read_segment(int marker, Segment segment);
    Result<void> read_quantisers(Segment segment);
    Result<void> read_tables(Segment segment);
    Result<void> read_frame(Segment segment);
    Result<Scan> read_scan_header(Segment segment);
    // Where the scan's bytes end.
    Result<std::size_t> read_scan(const Scan& scan, std::size_t at);

    Result<void> read_interleaved(const Scan& scan);
    Result<void> read_alone(const Scan& scan);
    void read_block(const Scan& scan, Component& component, std::size_t block);
    void read_dc(const Scan& scan, Component& component, std::size_t block);
    void read_ac_first(const Scan& scan, Component& component, std::size_t block);
    void read_ac_refinement(const Scan& scan, Component& component, std::size_t block);
    void correct(std::uint64_t passed, int bit, std::int16_t* kept);
    // At the head of each MCU.
    bool keep_interval(const Scan& scan);
    Result<void> end_row() const;

    Result<Plane> make_samples(const Component& component) const;

    Bytes input_;
    int size_;
    const Stop& stop_;
    std::array<int, kBlock> place_{};  // In `kept`, by zigzag place; -1: not kept.
    std::uint64_t kept_mask_ = 0;

    int width_ = 0;
    int height_ = 0;
    int sampling_x_max_ = 1;
    int sampling_y_max_ = 1;
    std::vector<Component> components_;
    std::array<std::array<std::uint16_t, kBlock>, 4> quantisers_{};
    std::array<HuffmanTable, 4> dc_tables_;
    std::array<HuffmanTable, 4> ac_tables_;
    int restart_interval_ = 0;
    int scans_ = 0;

    std::optional<BitReader> bits_;  // Of the current scan, as is the rest.
    int interval_left_ = 0;
    std::uint32_t end_of_band_run_ = 0;
};

Result<void> ProgressiveDecoder::read_segments() {
    std::size_t at = 2;  // After SOI.
    while (input_.size() - std::min(at, input_.size()) >= 2) {
        const int marker = std::to_integer<int>(input_[at + 1]);
        const bool is_marker = input_[at] == std::byte{0xFF} && marker != 0 && marker != 0xFF;
        if (!is_marker) {
            ++at;
            continue;
        }
        if (marker == 0xD9) return {};  // EOI
        if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
            at += 2;
            continue;
        }
        if (input_.size() - at < 4) break;
        Segment length_reader(input_.subspan(at + 2, 2));
        const auto length = static_cast<std::size_t>(length_reader.word());
        if (length < 2 || input_.size() - at - 2 < length) break;
        const Segment segment(input_.subspan(at + 4, length - 2));
        at += 2 + length;
        if (marker == 0xDA) {
            const Scan scan = TRY(read_scan_header(segment));
            at = TRY(read_scan(scan, at));
        } else {
            TRY(read_segment(marker, segment));
        }
    }
    return ends_early();
}

Result<void> ProgressiveDecoder::read_segment(int marker, Segment segment) {
    switch (marker) {
        case 0xDB:
            return read_quantisers(segment);
        case 0xC4:
            return read_tables(segment);
        case 0xC2:
            return read_frame(segment);
        case 0xDD:
            if (!segment.has(2)) return damaged("a restart interval is cut short");
            restart_interval_ = segment.word();
            return {};
        default:
            return {};
    }
}

Result<void> ProgressiveDecoder::read_quantisers(Segment segment) {
    while (!segment.empty()) {
        const int head = segment.byte();
        const bool is_wide = head >> 4 != 0;
        if ((head & 15) > 3 || !segment.has(is_wide ? 2 * kBlock : kBlock)) {
            return damaged("a quantisation table is wrong");
        }
        auto& table = quantisers_[static_cast<std::size_t>(head & 15)];
        for (const std::uint8_t place : kZigzag) {
            table[place] = static_cast<std::uint16_t>(is_wide ? segment.word() : segment.byte());
        }
    }
    return {};
}

Result<void> ProgressiveDecoder::read_tables(Segment segment) {
    while (!segment.empty()) {
        const int head = segment.byte();
        if ((head & 15) > 3 || head >> 4 > 1 || !segment.has(16)) {
            return damaged("a Huffman table is wrong");
        }
        const Bytes counts = segment.take(16);
        std::size_t total = 0;
        for (const std::byte count : counts) total += std::to_integer<std::size_t>(count);
        if (total > 256 || !segment.has(total)) return damaged("a Huffman table is wrong");
        auto& tables = head >> 4 == 0 ? dc_tables_ : ac_tables_;
        if (!tables[static_cast<std::size_t>(head & 15)].build(counts, segment.take(total))) {
            return damaged("a Huffman table is wrong");
        }
    }
    return {};
}

Result<void> ProgressiveDecoder::read_frame(Segment segment) {
    if (!components_.empty() || !segment.has(6)) return damaged("its frame header is wrong");
    const int precision = segment.byte();
    height_ = segment.word();
    width_ = segment.word();
    const int count = segment.byte();
    const bool is_right = precision == 8 && width_ > 0 && height_ > 0 &&
                          (count == 1 || count == 3) &&
                          segment.has(static_cast<std::size_t>(count) * 3);
    if (!is_right) return damaged("its frame header is wrong");
    for (int i = 0; i < count; ++i) {
        Component component{.id = segment.byte()};
        const int sampling = segment.byte();
        component.sampling_x = sampling >> 4;
        component.sampling_y = sampling & 15;
        component.quantiser = segment.byte();
        if (component.sampling_x < 1 || component.sampling_x > 4 || component.sampling_y < 1 ||
            component.sampling_y > 4 || component.quantiser > 3) {
            return damaged("its frame header is wrong");
        }
        sampling_x_max_ = std::max(sampling_x_max_, component.sampling_x);
        sampling_y_max_ = std::max(sampling_y_max_, component.sampling_y);
        components_.push_back(std::move(component));
    }
    const auto blocks = [](int length, int sampling, int sampling_max) {
        const int samples = (length * sampling + sampling_max - 1) / sampling_max;
        return (samples + 7) / 8;
    };
    const int mcus_x = (width_ + 8 * sampling_x_max_ - 1) / (8 * sampling_x_max_);
    const int mcus_y = (height_ + 8 * sampling_y_max_ - 1) / (8 * sampling_y_max_);
    for (Component& component : components_) {
        component.blocks_x = blocks(width_, component.sampling_x, sampling_x_max_);
        component.blocks_y = blocks(height_, component.sampling_y, sampling_y_max_);
        component.stride = mcus_x * component.sampling_x;
        component.rows = mcus_y * component.sampling_y;
        const auto total =
            static_cast<std::size_t>(component.stride) * static_cast<std::size_t>(component.rows);
        component.kept.assign(total * static_cast<std::size_t>(size_ * size_), 0);
        component.nonzero.assign(total, 0);
    }
    return {};
}

Result<Scan> ProgressiveDecoder::read_scan_header(Segment segment) {
    const Error wrong = damaged("a scan header is wrong");
    if (components_.empty() || !segment.has(1)) return wrong;
    if (++scans_ > kScansMax) return damaged("it has too many scans");
    const int count = segment.byte();
    if (count < 1 || count > 3 || !segment.has(static_cast<std::size_t>(count) * 2 + 3)) {
        return wrong;
    }
    Scan scan;
    for (int i = 0; i < count; ++i) {
        const int id = segment.byte();
        const auto found = std::ranges::find(components_, id, &Component::id);
        if (found == components_.end() || std::ranges::count(scan.components, &*found) > 0) {
            return wrong;
        }
        const int tables = segment.byte();
        found->dc_table = tables >> 4 & 3;
        found->ac_table = tables & 3;
        found->prediction = 0;
        scan.components.push_back(&*found);
    }
    scan.first = segment.byte();
    scan.last = segment.byte();
    const int approximation = segment.byte();
    scan.high = approximation >> 4;
    scan.low = approximation & 15;
    const bool is_dc = scan.first == 0;
    const bool is_right = scan.last < kBlock && scan.first <= scan.last && scan.low <= 13 &&
                          (is_dc ? scan.last == 0 : count == 1);
    if (!is_right) return wrong;
    const bool needs_table = scan.high == 0 || !is_dc;
    for (const Component* component : scan.components) {
        const auto& table = is_dc ? dc_tables_[static_cast<std::size_t>(component->dc_table)]
                                  : ac_tables_[static_cast<std::size_t>(component->ac_table)];
        if (needs_table && !table.is_built()) return damaged("a Huffman table is missing");
    }
    return scan;
}

Result<std::size_t> ProgressiveDecoder::read_scan(const Scan& scan, std::size_t at) {
    bits_.emplace(input_.subspan(at));
    interval_left_ = restart_interval_;
    end_of_band_run_ = 0;
    if (scan.components.size() > 1) {
        TRY(read_interleaved(scan));
    } else {
        TRY(read_alone(scan));
    }
    return static_cast<std::size_t>(bits_->position() - input_.data());
}

bool ProgressiveDecoder::keep_interval(const Scan& scan) {
    if (restart_interval_ == 0) return true;
    if (interval_left_ == 0) {
        if (!bits_->restart()) return false;
        for (Component* component : scan.components) component->prediction = 0;
        end_of_band_run_ = 0;
        interval_left_ = restart_interval_;
    }
    --interval_left_;
    return true;
}

Result<void> ProgressiveDecoder::end_row() const {
    if (bits_->ran_out()) return ends_early();
    if (stop_ && stop_()) return Error{Code::timeout, "The decoding was stopped."};
    return {};
}

Result<void> ProgressiveDecoder::read_interleaved(const Scan& scan) {
    const Component& any = components_[0];
    const int mcus_x = any.stride / any.sampling_x;
    const int mcus_y = any.rows / any.sampling_y;
    for (int y = 0; y < mcus_y; ++y) {
        for (int x = 0; x < mcus_x; ++x) {
            if (!keep_interval(scan)) return damaged("a restart marker is missing");
            for (Component* component : scan.components) {
                const int count = component->sampling_x * component->sampling_y;
                for (int i = 0; i < count; ++i) {
                    const int row = y * component->sampling_y + i / component->sampling_x;
                    const int column = x * component->sampling_x + i % component->sampling_x;
                    read_dc(scan, *component,
                            static_cast<std::size_t>(row) *
                                    static_cast<std::size_t>(component->stride) +
                                static_cast<std::size_t>(column));
                }
            }
        }
        TRY(end_row());
    }
    return {};
}

Result<void> ProgressiveDecoder::read_alone(const Scan& scan) {
    Component& component = *scan.components[0];
    for (int y = 0; y < component.blocks_y; ++y) {
        const std::size_t row =
            static_cast<std::size_t>(y) * static_cast<std::size_t>(component.stride);
        for (int x = 0; x < component.blocks_x; ++x) {
            if (!keep_interval(scan)) return damaged("a restart marker is missing");
            read_block(scan, component, row + static_cast<std::size_t>(x));
        }
        TRY(end_row());
    }
    return {};
}

void ProgressiveDecoder::read_block(const Scan& scan, Component& component, std::size_t block) {
    if (scan.first == 0) {
        read_dc(scan, component, block);
    } else if (scan.high == 0) {
        read_ac_first(scan, component, block);
    } else {
        read_ac_refinement(scan, component, block);
    }
}

// T.81 G.1.2.1
void ProgressiveDecoder::read_dc(const Scan& scan, Component& component, std::size_t block) {
    std::int16_t& dc = component.kept[block * static_cast<std::size_t>(size_ * size_)];
    if (scan.high != 0) {
        if (bits_->bits(1) != 0) dc = static_cast<std::int16_t>(dc | 1 << scan.low);
        return;
    }
    const HuffmanTable& table = dc_tables_[static_cast<std::size_t>(component.dc_table)];
    const int length = bits_->symbol(table) & 15;
    const int difference = length == 0 ? 0 : bits_->signed_bits(length);
    // Damaged data may add up to anything: it wraps as the 16 bits it is kept in.
    component.prediction = static_cast<std::int16_t>(component.prediction + difference);
    dc = static_cast<std::int16_t>(component.prediction * (1 << scan.low));
}

// T.81 G.1.2.2
void ProgressiveDecoder::read_ac_first(const Scan& scan, Component& component, std::size_t block) {
    if (end_of_band_run_ > 0) {
        --end_of_band_run_;
        return;
    }
    const HuffmanTable& table = ac_tables_[static_cast<std::size_t>(component.ac_table)];
    std::int16_t* kept = &component.kept[block * static_cast<std::size_t>(size_ * size_)];
    std::uint64_t nonzero = component.nonzero[block];
    for (int k = scan.first; k <= scan.last; ++k) {
        const int symbol = bits_->symbol(table);
        const int run = symbol >> 4;
        const int length = symbol & 15;
        if (length == 0) {
            if (run == 15) {
                k += 15;
                continue;
            }
            end_of_band_run_ = (1U << run) - 1 + bits_->bits(run);
            break;
        }
        k += run;
        const int value = bits_->signed_bits(length);
        if (k >= kBlock) break;
        nonzero |= std::uint64_t{1} << k;
        const int place = place_[static_cast<std::size_t>(k)];
        if (place >= 0) kept[place] = static_cast<std::int16_t>(value * (1 << scan.low));
    }
    component.nonzero[block] = nonzero;
}

// One bit for each coefficient that is not zero: whether it grows by `bit`. Those kept are looked
// up by their rank; the others' bits are only passed.
void ProgressiveDecoder::correct(std::uint64_t passed, int bit, std::int16_t* kept) {
    while (passed != 0) {
        std::uint64_t rest = 0;
        int count = std::popcount(passed);
        if (count > 32) {
            rest = passed;
            for (count = 0; count < 32; ++count) rest &= rest - 1;
            passed &= ~rest;
        }
        const std::uint32_t bits = bits_->bits(count);
        for (std::uint64_t left = passed & kept_mask_; left != 0; left &= left - 1) {
            const int k = std::countr_zero(left);
            const int rank = std::popcount(passed & bits_below(k));
            if ((bits >> (count - 1 - rank) & 1) == 0) continue;
            std::int16_t& value = kept[place_[static_cast<std::size_t>(k)]];
            value = static_cast<std::int16_t>(value + (value >= 0 ? bit : -bit));
        }
        passed = rest;
    }
}

// T.81 G.1.2.3
void ProgressiveDecoder::read_ac_refinement(const Scan& scan, Component& component,
                                            std::size_t block) {
    const int bit = 1 << scan.low;
    const HuffmanTable& table = ac_tables_[static_cast<std::size_t>(component.ac_table)];
    std::int16_t* kept = &component.kept[block * static_cast<std::size_t>(size_ * size_)];
    const std::uint64_t nonzero = component.nonzero[block];
    const std::uint64_t band = bits_below(scan.last + 1) & ~bits_below(scan.first);
    std::uint64_t added = 0;
    int k = scan.first;
    while (end_of_band_run_ == 0 && k <= scan.last) {
        const int symbol = bits_->symbol(table);
        const int run = symbol >> 4;
        const int length = symbol & 15;
        if (length == 0 && run < 15) {
            end_of_band_run_ = (1U << run) + bits_->bits(run);
            break;
        }
        const int value = length == 0 ? 0 : bits_->bits(1) != 0 ? bit : -bit;
        // The place of the zero that `run` zeros stand before.
        std::uint64_t zeros = ~nonzero & band & ~bits_below(k);
        for (int i = 0; i < run && zeros != 0; ++i) zeros &= zeros - 1;
        const int place = zeros == 0 ? scan.last + 1 : std::countr_zero(zeros);
        correct(nonzero & band & ~bits_below(k) & bits_below(place), bit, kept);
        if (length != 0 && place <= scan.last) {
            added |= std::uint64_t{1} << place;
            const int index = place_[static_cast<std::size_t>(place)];
            if (index >= 0) kept[index] = static_cast<std::int16_t>(value);
        }
        k = place + 1;
    }
    if (end_of_band_run_ > 0) {
        correct(nonzero & band & ~bits_below(k), bit, kept);
        --end_of_band_run_;
    }
    component.nonzero[block] = nonzero | added;
}

Result<Plane> ProgressiveDecoder::make_samples(const Component& component) const {
    const double extent_x = double(width_) * component.sampling_x * size_ / (sampling_x_max_ * 8);
    const double extent_y = double(height_) * component.sampling_y * size_ / (sampling_y_max_ * 8);
    Plane plane =
        make_plane(static_cast<int>(std::ceil(extent_x)), static_cast<int>(std::ceil(extent_y)),
                   component.stride * size_, component.rows * size_);
    plane.extent_x = extent_x;
    plane.extent_y = extent_y;
    const InverseDct inverse(quantisers_[static_cast<std::size_t>(component.quantiser)], size_);
    const std::int16_t* kept = component.kept.data();
    for (int y = 0; y < component.rows; ++y) {
        for (int x = 0; x < component.stride; ++x, kept += size_ * size_) {
            inverse.run(kept, plane.row(y * size_) + x * size_, plane.stride);
        }
        if (stop_ && stop_()) return Error{Code::timeout, "The decoding was stopped."};
    }
    return plane;
}

}  // namespace

Result<Planes> decode_progressive(Bytes input, int size, const Stop& stop) {
    CHECK(size == 1 || size == 2 || size == 4);
    return ProgressiveDecoder(input, size, stop).decode();
}

}  // namespace imagemill::image
