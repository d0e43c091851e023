#include "image/heif/hevc_decode.h"

#include <libde265/de265.h>

#include <algorithm>
#include <memory>

#include "image/heif/hevc_config.h"
#include "image/probe/codec.h"

namespace imagemill::image {
namespace {

struct FreeDecoder {
    void operator()(de265_decoder_context* decoder) const { de265_free_decoder(decoder); }
};
using Decoder = std::unique_ptr<de265_decoder_context, FreeDecoder>;

Error damaged() {
    return corrupt(
        "The HEIC is damaged: its header can be read, but its pixels cannot be decoded.");
}

// The decoder's buffers follow the coded size; a still of the announced size needs no more than
// one block beyond it.
Result<void> check_coded_size(Size coded, Size tile) {
    constexpr int kBlock = 64;
    const auto fits = [](int length, int announced) {
        return length >= announced && length <= announced + kBlock;
    };
    if (fits(coded.width, tile.width) && fits(coded.height, tile.height)) return {};
    return corrupt("The HEIC is damaged: its coded picture is of another size than it says.");
}

Result<Decoder> new_decoder() {
    Decoder decoder(de265_new_decoder());
    if (!decoder) {
        return Error{.code = Code::unavailable,
                     .message = "There was not enough memory to decode the HEIC."};
    }
    de265_set_parameter_bool(decoder.get(), DE265_DECODER_PARAM_SUPPRESS_FAULTY_PICTURES, 1);
    return decoder;
}

bool push(const Decoder& decoder, Bytes unit) {
    return de265_isOK(de265_push_NAL(decoder.get(), unit.data(), static_cast<int>(unit.size()), 0,
                                     nullptr)) != 0;
}

// The one picture that a decoder gives for the units.
const de265_image* decode_units(const Decoder& decoder, const HevcConfig& config,
                                std::span<const Bytes> slices) {
    const auto push_one = [&](Bytes unit) { return push(decoder, unit); };
    if (!std::ranges::all_of(config.parameter_sets, push_one) ||
        !std::ranges::all_of(slices, push_one)) {
        return nullptr;
    }
    de265_flush_data(decoder.get());
    int more = 1;
    while (more != 0) {
        more = 0;
        if (de265_decode(decoder.get(), &more) != DE265_OK) return nullptr;
        if (de265_peek_next_picture(decoder.get()) != nullptr) break;
    }
    if (de265_get_warning(decoder.get()) != DE265_OK) return nullptr;
    return de265_get_next_picture(decoder.get());
}

// Rounded to 8 bits.
void copy_row(const std::uint8_t* from, int bits, std::span<std::uint8_t> to) {
    if (bits == 8) {
        std::copy_n(from, to.size(), to.begin());
        return;
    }
    const int shift = bits - 8;
    for (std::size_t x = 0; x < to.size(); ++x) {
        const int value = from[2 * x] | from[2 * x + 1] << 8;
        to[x] = static_cast<std::uint8_t>(std::min(255, (value + (1 << shift >> 1)) >> shift));
    }
}

class Assembly final {
  public:
    explicit Assembly(const HeifTiles& tiles) : tiles_(tiles) {}

    Result<void> add(const de265_image* image, std::size_t index) {
        TRY(index == 0 ? begin(image) : check_alike(image));
        const auto columns = static_cast<std::size_t>(tiles_.columns);
        const Point at{static_cast<int>(index % columns) * tiles_.tile.width,
                       static_cast<int>(index / columns) * tiles_.tile.height};
        for (int channel = 0; channel < picture_.plane_count; ++channel) copy(image, channel, at);
        return {};
    }
    HevcPicture take() { return std::move(picture_); }

  private:
    Result<void> begin(const de265_image* image) {
        chroma_ = de265_get_chroma_format(image);
        picture_.plane_count = chroma_ == de265_chroma_mono ? 1 : 3;
        picture_.scale_x = chroma_ == de265_chroma_420 || chroma_ == de265_chroma_422 ? 2 : 1;
        picture_.scale_y = chroma_ == de265_chroma_420 ? 2 : 1;
        // A tile whose odd side halves a chroma sample would shift all that follow.
        const bool halves =
            tiles_.tile.width % picture_.scale_x != 0 || tiles_.tile.height % picture_.scale_y != 0;
        if (halves && tiles_.tiles.size() > 1) return damaged();
        picture_.color = {.primaries = de265_get_image_colour_primaries(image),
                          .transfer = de265_get_image_transfer_characteristics(image),
                          .matrix = de265_get_image_matrix_coefficients(image),
                          .full_range = de265_get_image_full_range_flag(image) != 0};
        for (int channel = 0; channel < picture_.plane_count; ++channel) {
            HevcPlane& plane = picture_.planes[static_cast<std::size_t>(channel)];
            plane.size = plane_size(tiles_.size, channel);
            plane.samples.resize(static_cast<std::size_t>(plane.size.width) *
                                 static_cast<std::size_t>(plane.size.height));
        }
        return check_alike(image);
    }

    Size plane_size(Size size, int channel) const {
        if (channel == 0) return size;
        return {(size.width + picture_.scale_x - 1) / picture_.scale_x,
                (size.height + picture_.scale_y - 1) / picture_.scale_y};
    }

    Result<void> check_alike(const de265_image* image) const {
        if (de265_get_chroma_format(image) != chroma_) return damaged();
        for (int channel = 0; channel < picture_.plane_count; ++channel) {
            const Size wanted = plane_size(tiles_.tile, channel);
            const int bits = de265_get_bits_per_pixel(image, channel);
            if (de265_get_image_width(image, channel) < wanted.width ||
                de265_get_image_height(image, channel) < wanted.height || bits < 8 || bits > 16) {
                return damaged();
            }
        }
        return {};
    }

    // What of the tile lies inside the picture.
    void copy(const de265_image* image, int channel, Point at) {
        HevcPlane& plane = picture_.planes[static_cast<std::size_t>(channel)];
        const Size tile = plane_size(tiles_.tile, channel);
        const int left = channel == 0 ? at.x : at.x / picture_.scale_x;
        const int top = channel == 0 ? at.y : at.y / picture_.scale_y;
        const int width = std::min(tile.width, plane.size.width - left);
        const int height = std::min(tile.height, plane.size.height - top);
        if (width <= 0) return;
        int stride = 0;
        const std::uint8_t* from = de265_get_image_plane(image, channel, &stride);
        const int bits = de265_get_bits_per_pixel(image, channel);
        for (int y = 0; y < height; ++y) {
            copy_row(from + static_cast<std::ptrdiff_t>(y) * stride, bits,
                     {plane.row(top + y) + left, static_cast<std::size_t>(width)});
        }
    }

    const HeifTiles& tiles_;
    HevcPicture picture_;
    de265_chroma chroma_ = de265_chroma_420;
};

}  // namespace

Result<HevcPicture> decode_hevc(const HeifTiles& tiles, const Stop& stop) {
    const HevcConfig config = TRY(parse_hevc_config(tiles.config));
    TRY(check_coded_size(config.coded, tiles.tile));
    Assembly assembly(tiles);
    for (std::size_t index = 0; index < tiles.tiles.size(); ++index) {
        if (stop && stop()) {
            return Error{.code = Code::timeout,
                         .message = "The picture took too long, so its rendering was stopped."};
        }
        Buffer room;
        const Bytes tile = join(tiles.tiles[index], room);
        const auto slices = TRY(split_hevc_slices(tile, config.length_bytes));
        const Decoder decoder = TRY(new_decoder());
        const de265_image* image = decode_units(decoder, config, slices);
        if (image == nullptr) return damaged();
        TRY(assembly.add(image, index));
    }
    return assembly.take();
}

}  // namespace imagemill::image
