#include "image/lane/jpeg_baseline.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "image/lane/inverse_dct.h"
#include "image/lane/jpeg_blocks.h"
#include "image/lane/jpeg_markers.h"

namespace imagemill::image {
namespace {

constexpr int kMcuBlocksMax = 10;  // T.81 B.2.3

class BaselineDecoder final {
  public:
    BaselineDecoder(Bytes input, const JpegSizes& sizes)
        : markers_(std::make_unique<JpegMarkers>(input)), sizes_(sizes) {}

    // False where this is not for us.
    bool start();
    Result<std::optional<Planes>> decode(const Stop& stop);

  private:
    bool is_usual() const;
    bool add_component(const JpegScan::Part& part);
    void clear_row();
    bool read_row();
    void write_row(int mcu_y);

    std::unique_ptr<JpegMarkers> markers_;  // Large: tables.
    JpegSizes sizes_;
    std::optional<ScanBytes> bytes_;
    std::vector<BlockRows> rows_;
    Planes planes_;
    int interval_left_ = 0;
    int restarts_ = 0;
};

bool BaselineDecoder::start() {
    const auto found = markers_->read_segments();
    if (!found || !*found || !is_usual()) return false;
    for (const JpegScan::Part& part : markers_->scan().parts) {
        if (!add_component(part)) return false;
    }
    bytes_.emplace(markers_->rest());
    interval_left_ = markers_->restart_interval();
    return true;
}

// One scan, of all components in their order.
bool BaselineDecoder::is_usual() const {
    const JpegFrame& frame = markers_->frame();
    const JpegScan& scan = markers_->scan();
    int blocks = 0;
    for (std::size_t i = 0; i < scan.parts.size(); ++i) {
        if (scan.parts[i].component != i) return false;
        blocks += frame.components[i].sampling_x * frame.components[i].sampling_y;
    }
    const bool is_alone = scan.parts.size() == 1;
    const bool fits = is_alone ? blocks == 1 : blocks <= kMcuBlocksMax;
    return !frame.is_progressive && scan.parts.size() == frame.components.size() && fits;
}

bool BaselineDecoder::add_component(const JpegScan::Part& part) {
    const JpegComponent& component = markers_->frame().components[part.component];
    HuffmanTable& dc = markers_->dc_table(part);
    HuffmanTable& ac = markers_->ac_table(part);
    const auto* quantiser = markers_->quantiser(component);
    if (!dc.is_built() || !ac.is_built() || quantiser == nullptr) return false;
    ac.build_passages();
    const int size = part.component == 0 ? sizes_.luma : sizes_.chroma;
    BlockRows rows{.dc = &dc,
                   .ac = &ac,
                   .places = make_places(*quantiser, size),
                   .blocks_x = component.sampling_x,
                   .blocks_y = component.sampling_y,
                   .batch_size = batch_size(size)};
    const int batches = (component.stride + kBlocksAbreast - 1) / kBlocksAbreast;
    for (int y = 0; y < component.sampling_y; ++y) {
        const auto row = static_cast<std::size_t>(y);
        rows.coefficients[row].resize(static_cast<std::size_t>(batches * rows.batch_size));
        rows.detail[row].resize(static_cast<std::size_t>(batches));
    }
    rows_.push_back(std::move(rows));
    planes_.planes.push_back(make_component_plane(markers_->frame(), component, size));
    return true;
}

void BaselineDecoder::clear_row() {
    for (BlockRows& rows : rows_) {
        for (auto& values : rows.coefficients) std::ranges::fill(values, std::int16_t{0});
        for (auto& flags : rows.detail) std::ranges::fill(flags, std::uint8_t{0});
    }
}

// Up to the end of the row, or of a restart interval, and on.
bool BaselineDecoder::read_row() {
    const int interval = markers_->restart_interval();
    const int mcus = markers_->frame().mcus_x;
    for (int mcu = 0; mcu < mcus;) {
        if (interval != 0 && interval_left_ == 0) {
            if (bytes_->ran_out() || !bytes_->restart(restarts_++ % 8)) return false;
            for (BlockRows& rows : rows_) rows.prediction = 0;
            interval_left_ = interval;
        }
        const int end = interval == 0 ? mcus : std::min(mcus, mcu + interval_left_);
        if (!read_mcus(*bytes_, rows_, mcu, end)) return false;
        interval_left_ -= end - mcu;
        mcu = end;
    }
    return !bytes_->ran_out();
}

void BaselineDecoder::write_row(int mcu_y) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const BlockRows& rows = rows_[i];
        Plane& plane = planes_.planes[i];
        const int size = i == 0 ? sizes_.luma : sizes_.chroma;
        for (int y = 0; y < rows.blocks_y; ++y) {
            const auto row = static_cast<std::size_t>(y);
            inverse_dct({.coefficients = rows.coefficients[row].data(),
                         .detail = rows.detail[row].data(),
                         .batches = static_cast<int>(rows.detail[row].size()),
                         .size = size,
                         .samples = plane.row((mcu_y * rows.blocks_y + y) * size),
                         .stride = plane.stride});
        }
    }
}

Result<std::optional<Planes>> BaselineDecoder::decode(const Stop& stop) {
    for (int y = 0; y < markers_->frame().mcus_y; ++y) {
        clear_row();
        if (!read_row()) return std::optional<Planes>();
        write_row(y);
        if (stop && stop()) return Error{Code::timeout, "The decoding was stopped."};
    }
    return std::optional(std::move(planes_));
}

}  // namespace

Result<std::optional<Planes>> decode_baseline(Bytes input, const JpegSizes& sizes,
                                              const Stop& stop) {
    BaselineDecoder decoder(input, sizes);
    if (!decoder.start()) return std::optional<Planes>();
    return decoder.decode(stop);
}

}  // namespace imagemill::image
