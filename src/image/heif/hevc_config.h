// hevc_config: what goes before a HEVC still's data, looked at before a decoder sees it.
//
// Errors:  corrupt where it ends early or says what cannot be.
// Threads: pure functions; all borrowed.
// Source:  ISO/IEC 14496-15 8.3.3.1 (hvcC), ITU-T H.265 7.3.1.2, 7.3.2.2, 7.3.3 (SPS).
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "image/turn.h"

namespace imagemill::image {

struct HevcConfig {
    std::vector<Bytes> parameter_sets = {};  // VPS, SPS and PPS: each one NAL unit.
    int length_bytes = 4;                    // Before each unit of the data.
    Size coded;                              // The largest that an SPS announces.
};

Result<HevcConfig> parse_hevc_config(Bytes body);
// The slices of one still picture, and nothing else that lies between them.
Result<std::vector<Bytes>> split_hevc_slices(Bytes data, int length_bytes);

}  // namespace imagemill::image
