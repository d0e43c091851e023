// The module's one way in.
#include <exception>
#include <new>

#include "image/heif/color_profile.h"
#include "image/heif/heif_file.h"
#include "image/heif/hevc_decode.h"
#include "image/heif/ycc_to_rgb.h"
#include "image/heif_module.h"

namespace imagemill::image {
namespace {

Result<Raster> decode_heif(Bytes input, const Limits& limits, const Stop& stop) {
    const HeifFile file = TRY(parse_heif(input, limits));
    const HevcPicture picture = TRY(decode_hevc(file.color, stop));
    HevcPicture alpha;
    if (file.alpha) alpha = TRY(decode_hevc(*file.alpha, stop));
    const HeifColor color = file.nclx.value_or(picture.color);
    Raster raster =
        TRY(to_raster(picture, color, file.part, file.alpha ? &alpha.planes[0] : nullptr));
    raster.icc_profile = file.icc_profile.empty() ? profile_of(color) : file.icc_profile;
    return raster;
}

// Nothing throws across the seam.
Result<Raster> decode_guarded(Bytes input, const Limits& limits, const Stop& stop) {
    try {
        return decode_heif(input, limits, stop);
    } catch (const std::bad_alloc&) {
        return Error{.code = Code::unavailable,
                     .message = "There was not enough memory for the picture."};
    } catch (const std::exception& exception) {
        return Error{.code = Code::internal,
                     .message = std::string("Decoding failed: ") + exception.what() + "."};
    }
}

}  // namespace
}  // namespace imagemill::image

extern "C" __attribute__((visibility("default"))) const imagemill::image::HeifModule*
imagemill_heif_module() {
    using namespace imagemill::image;  // NOLINT: in the one function outside.
    static constexpr HeifModule kModule{kHeifModuleVersion, decode_guarded};
    return &kModule;
}
