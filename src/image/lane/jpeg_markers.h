// jpeg_markers: what a JPEG file says of itself between its scans: sizes, samplings, tables.
//
// Shapes:  read_segments goes from marker to marker, up to the next scan or the end of the image,
//          and keeps what it reads. Of a component's blocks, `stride` × `rows` are whole MCUs, as
//          interleaved scans hold them; blocks_x × blocks_y those that the picture covers.
// Errors:  corrupt  a segment breaks its own format, or the bytes end.
// Source:  ITU T.81 Annex B.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "image/lane/huffman.h"
#include "image/lane/planes.h"

namespace imagemill::image {

struct JpegComponent {
    int id = 0;
    int sampling_x = 1;
    int sampling_y = 1;
    int quantiser = 0;
    int blocks_x = 0;
    int blocks_y = 0;
    int stride = 0;
    int rows = 0;
};

struct JpegFrame {
    bool is_progressive = false;
    int width = 0;
    int height = 0;
    int sampling_x_max = 1;
    int sampling_y_max = 1;
    int mcus_x = 0;
    int mcus_y = 0;
    std::vector<JpegComponent> components = {};  // One or three.
};

struct JpegScan {
    struct Part {
        std::size_t component = 0;  // Its index in the frame.
        std::size_t dc_table = 0;
        std::size_t ac_table = 0;
    };
    std::vector<Part> parts = {};
    int first = 0;  // Zigzag places, inclusive.
    int last = 0;
    int high = 0;  // 0: the first scan of these coefficients; else this refines them.
    int low = 0;
};

class JpegMarkers final {
  public:
    explicit JpegMarkers(Bytes input) : input_(input) {}

    // True at a scan, whose bytes begin at `position`; false at the end of the image.
    Result<bool> read_segments();
    // Where reading goes on after a scan.
    void go_to(std::size_t position) { position_ = position; }
    std::size_t position() const { return position_; }
    Bytes rest() const { return input_.subspan(position_); }

    const JpegFrame& frame() const { return frame_; }
    const JpegScan& scan() const { return scan_; }  // The last that was found.
    int restart_interval() const { return restart_interval_; }
    const std::array<std::uint16_t, 64>* quantiser(const JpegComponent& component) const;
    HuffmanTable& dc_table(const JpegScan::Part& part) { return dc_tables_[part.dc_table]; }
    HuffmanTable& ac_table(const JpegScan::Part& part) { return ac_tables_[part.ac_table]; }

  private:
    class Segment;
    Result<void> read_segment(int marker, Segment segment);
    Result<void> read_quantisers(Segment segment);
    Result<void> read_tables(Segment segment);
    Result<void> read_frame(int marker, Segment segment);
    Result<void> read_component(Segment& segment);
    void lay_out_blocks();
    Result<void> read_scan_header(Segment segment);

    Bytes input_;
    std::size_t position_ = 2;  // After SOI.
    JpegFrame frame_;
    JpegScan scan_;
    int restart_interval_ = 0;
    std::array<bool, 4> has_quantiser_{};
    std::array<std::array<std::uint16_t, 64>, 4> quantisers_{};  // By rows of 8.
    std::array<HuffmanTable, 4> dc_tables_;
    std::array<HuffmanTable, 4> ac_tables_;
};

Error damaged_jpeg(const char* what);

// The plane of a component whose blocks give size×size samples: how much of it is picture, and
// room for whole MCUs.
Plane make_component_plane(const JpegFrame& frame, const JpegComponent& component, int size);

}  // namespace imagemill::image
