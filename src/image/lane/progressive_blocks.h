// progressive_blocks: what the scans of a progressive JPEG add to the blocks of one component.
//
// Shapes:  Of each block the kept coefficients, in batches as inverse_dct.h takes them but not yet
//          times their quantiser; of the others a bit each, that they are not zero: refinement
//          scans cannot be read without it. Their correction bits are skipped in bulk.
// Threads: one at a time.
// Source:  ITU T.81 G.1.2.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "image/lane/huffman.h"
#include "image/lane/jpeg_blocks.h"
#include "image/lane/jpeg_markers.h"
#include "image/lane/scan_bytes.h"

namespace imagemill::image {

// Of one scan, beside the bits.
struct ScanState {
    const JpegScan& scan;
    const HuffmanTable& table;  // DC or AC, as the scan is.
    std::uint32_t end_of_band_run = 0;
    bool is_flawless = true;
};

class ProgressiveBlocks final {
  public:
    ProgressiveBlocks(const JpegComponent& component, int size);

    // One block.
    void read_dc(Bits& bits, ScanState& state, int row, int column, int& prediction);
    // The blocks of a row from `first` up to `end`. False where the bytes ran out.
    bool read_ac(ScanBytes& bytes, ScanState& state, int row, int first, int end);

    // A row of blocks for the inverse DCT.
    void dequantise(int row, const std::array<std::uint16_t, 64>& quantiser,
                    std::vector<std::int16_t>& coefficients,
                    std::vector<std::uint8_t>& detail) const;

    int batches() const { return batches_; }
    int last_kept() const { return places_.last; }

  private:
    int size_;
    int batches_;
    int stride_;
    Places places_;  // With quantisers of one.
    std::uint64_t kept_ = 0;
    std::vector<std::int16_t> values_;
    std::vector<std::uint64_t> nonzero_;  // Bit k: the coefficient at zigzag place k is not zero.
};

// A row of a component's blocks, as its scans of AC coefficients see it.
struct AcRow {
    const Places& places;
    std::uint64_t kept;    // Bit k: place k is kept.
    std::int16_t* values;  // In batches.
    int batch_size;
    std::uint64_t* nonzero;
};
bool read_ac_blocks(ScanBytes& bytes, ScanState& state, const AcRow& row, int first, int end);

}  // namespace imagemill::image
