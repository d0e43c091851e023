#include "image/lane/jpeg_progressive.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "image/lane/jpeg_error.h"
#include "image/lane/progressive_blocks.h"

namespace imagemill::image {
namespace {

// Which scans must be read: those that hold kept coefficients, and those without whose
// coefficients a later one, which must be read, could not be. From the last to the first.
std::vector<bool> choose_scans(const std::vector<JpegScan>& scans,
                               const std::vector<ProgressiveBlocks>& blocks) {
    std::vector<bool> chosen(scans.size());
    std::vector<int> refined_to(blocks.size(), 0);  // The last place of refinements to be read.
    for (std::size_t i = scans.size(); i-- > 0;) {
        const JpegScan& scan = scans[i];
        const std::size_t component = scan.parts[0].component;
        chosen[i] = scan.first <= std::max(blocks[component].last_kept(), refined_to[component]);
        if (chosen[i] && scan.high != 0 && scan.first > 0) {
            refined_to[component] = std::max(refined_to[component], scan.last);
        }
    }
    return chosen;
}

// The first byte after the entropy-coded bytes: of a marker that is no restart, or the end.
std::size_t end_of_scan(Bytes bytes) {
    std::size_t at = 0;
    while (at + 1 < bytes.size()) {
        const void* found = std::memchr(bytes.data() + at, 0xFF, bytes.size() - at - 1);
        if (found == nullptr) break;
        at = static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
        const int next = std::to_integer<int>(bytes[at + 1]);
        const bool goes_on = next == 0 || next == 0xFF || (next >= 0xD0 && next <= 0xD7);
        if (!goes_on) return at;
        at += next == 0xFF ? 1 : 2;
    }
    return bytes.size();
}

bool is_right(const JpegScan& scan) {
    const bool is_dc = scan.first == 0;
    return scan.last < 64 && scan.first <= scan.last && scan.low <= 13 &&
           (is_dc ? scan.last == 0 : scan.parts.size() == 1);
}

class ProgressiveDecoder final {
  public:
    ProgressiveDecoder(Bytes input, const JpegSizes& sizes, const Stop& stop)
        : input_(input), sizes_(sizes), stop_(stop) {}

    Result<std::optional<Planes>> decode();

  private:
    enum class Step { done, not_flawless };

    Result<Step> look_at_scans();
    Result<Step> read_scans();
    Result<Step> read_scan(const JpegScan& scan);
    bool read_row(ScanBytes& bytes, std::vector<ScanState>& states, int y);
    bool read_dc(ScanBytes& bytes, std::vector<ScanState>& states, int y, int first, int end);
    int begin_stretch(ScanBytes& bytes, std::vector<ScanState>& states, int mcus);
    Result<void> check_stop() const;
    Result<Plane> make_samples(const JpegComponent& component, std::size_t index) const;
    int size_of(std::size_t component) const {
        return component == 0 ? sizes_.luma : sizes_.chroma;
    }

    Bytes input_;
    JpegSizes sizes_;
    const Stop& stop_;
    std::unique_ptr<JpegMarkers> markers_;
    std::vector<ProgressiveBlocks> blocks_;
    std::vector<bool> chosen_;  // By scan.
    std::vector<int> predictions_;
    int interval_left_ = 0;
    int restarts_ = 0;
};

Result<void> ProgressiveDecoder::check_stop() const {
    if (stop_ && stop_()) return Error{Code::timeout, "The decoding was stopped."};
    return {};
}

// From header to header.
Result<ProgressiveDecoder::Step> ProgressiveDecoder::look_at_scans() {
    markers_ = std::make_unique<JpegMarkers>(input_);
    std::vector<JpegScan> scans;
    while (true) {
        const auto found = markers_->read_segments();
        if (!found) return Step::not_flawless;
        if (!*found) break;
        scans.push_back(markers_->scan());
        if (scans.size() > kJpegScansMax) return too_many_jpeg_scans();
        if (!is_right(scans.back())) return Step::not_flawless;
        markers_->go_to(markers_->position() + end_of_scan(markers_->rest()));
    }
    const JpegFrame& frame = markers_->frame();
    if (scans.empty() || !frame.is_progressive) return Step::not_flawless;
    for (std::size_t i = 0; i < frame.components.size(); ++i) {
        blocks_.emplace_back(frame.components[i], size_of(i));
    }
    chosen_ = choose_scans(scans, blocks_);
    return Step::done;
}

Result<ProgressiveDecoder::Step> ProgressiveDecoder::read_scans() {
    markers_ = std::make_unique<JpegMarkers>(input_);
    for (const bool is_chosen : chosen_) {
        CHECK(TRY(markers_->read_segments()));
        const std::size_t end = markers_->position() + end_of_scan(markers_->rest());
        if (is_chosen && TRY(read_scan(markers_->scan())) == Step::not_flawless) {
            return Step::not_flawless;
        }
        markers_->go_to(end);
    }
    return Step::done;
}

Result<ProgressiveDecoder::Step> ProgressiveDecoder::read_scan(const JpegScan& scan) {
    std::vector<ScanState> states;
    for (const JpegScan::Part& part : scan.parts) {
        const bool is_dc = scan.first == 0;
        const HuffmanTable& table = is_dc ? markers_->dc_table(part) : markers_->ac_table(part);
        const bool needs_table = scan.high == 0 || !is_dc;
        if (needs_table && !table.is_built()) return Step::not_flawless;
        states.push_back({.scan = scan, .table = table});
    }
    predictions_.assign(scan.parts.size(), 0);
    interval_left_ = markers_->restart_interval();
    restarts_ = 0;
    ScanBytes bytes(markers_->rest());
    const JpegFrame& frame = markers_->frame();
    const bool is_alone = scan.parts.size() == 1;
    const int rows = is_alone ? frame.components[scan.parts[0].component].blocks_y : frame.mcus_y;
    for (int y = 0; y < rows; ++y) {
        if (!read_row(bytes, states, y) || bytes.ran_out()) return Step::not_flawless;
        TRY(check_stop());
    }
    return Step::done;
}

// At the head of a stretch of MCUs: how many of them come before the next restart; 0 where that is
// missing.
int ProgressiveDecoder::begin_stretch(ScanBytes& bytes, std::vector<ScanState>& states, int mcus) {
    const int interval = markers_->restart_interval();
    if (interval == 0) return mcus;
    if (interval_left_ == 0) {
        if (bytes.ran_out() || !bytes.restart(restarts_++ % 8)) return 0;
        std::ranges::fill(predictions_, 0);
        for (ScanState& state : states) state.end_of_band_run = 0;
        interval_left_ = interval;
    }
    const int count = std::min(mcus, interval_left_);
    interval_left_ -= count;
    return count;
}

bool ProgressiveDecoder::read_row(ScanBytes& bytes, std::vector<ScanState>& states, int y) {
    const JpegFrame& frame = markers_->frame();
    const JpegScan& scan = states[0].scan;
    const std::size_t alone = scan.parts[0].component;
    const int mcus = scan.parts.size() == 1 ? frame.components[alone].blocks_x : frame.mcus_x;
    for (int x = 0; x < mcus;) {
        const int end = x + begin_stretch(bytes, states, mcus - x);
        if (end == x) return false;
        const bool is_read = scan.first > 0 ? blocks_[alone].read_ac(bytes, states[0], y, x, end)
                                            : read_dc(bytes, states, y, x, end);
        if (!is_read) return false;
        x = end;
    }
    return std::ranges::all_of(states, &ScanState::is_flawless);
}

bool ProgressiveDecoder::read_dc(ScanBytes& bytes, std::vector<ScanState>& states, int y, int first,
                                 int end) {
    const JpegScan& scan = states[0].scan;
    const bool is_alone = scan.parts.size() == 1;
    for (int x = first; x < end; ++x) {
        if (!bytes.fill_if_low()) return false;
        for (std::size_t i = 0; i < states.size(); ++i) {
            const std::size_t index = scan.parts[i].component;
            const JpegComponent& component = markers_->frame().components[index];
            const int across = is_alone ? 1 : component.sampling_x;
            const int down = is_alone ? 1 : component.sampling_y;
            for (int block = 0; block < across * down; ++block) {
                blocks_[index].read_dc(bytes.bits, states[i], y * down + block / across,
                                       x * across + block % across, predictions_[i]);
            }
        }
    }
    return true;
}

Result<Plane> ProgressiveDecoder::make_samples(const JpegComponent& component,
                                               std::size_t index) const {
    const int size = size_of(index);
    const ProgressiveBlocks& blocks = blocks_[index];
    Plane plane = make_component_plane(markers_->frame(), component, size);
    const auto batches = static_cast<std::size_t>(blocks.batches());
    std::vector<std::int16_t> coefficients(batches * static_cast<std::size_t>(batch_size(size)));
    std::vector<std::uint8_t> detail(batches);
    for (int y = 0; y < component.rows; ++y) {
        blocks.dequantise(y, *markers_->quantiser(component), coefficients, detail);
        inverse_dct({.coefficients = coefficients.data(),
                     .detail = detail.data(),
                     .batches = blocks.batches(),
                     .size = size,
                     .samples = plane.row(y * size),
                     .stride = plane.stride});
        TRY(check_stop());
    }
    return plane;
}

Result<std::optional<Planes>> ProgressiveDecoder::decode() {
    if (TRY(look_at_scans()) == Step::not_flawless) return std::optional<Planes>();
    if (TRY(read_scans()) == Step::not_flawless) return std::optional<Planes>();
    Planes planes;
    const JpegFrame& frame = markers_->frame();
    for (std::size_t i = 0; i < frame.components.size(); ++i) {
        if (markers_->quantiser(frame.components[i]) == nullptr) return std::optional<Planes>();
        planes.planes.push_back(TRY(make_samples(frame.components[i], i)));
    }
    return std::optional(std::move(planes));
}

}  // namespace

Result<std::optional<Planes>> decode_progressive(Bytes input, const JpegSizes& sizes,
                                                 const Stop& stop) {
    return ProgressiveDecoder(input, sizes, stop).decode();
}

}  // namespace imagemill::image
