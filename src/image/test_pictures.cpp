#include "image/test_pictures.h"

#include <algorithm>
#include <cstdlib>

#include "image/test_files.h"
#include "image/vips/picture.h"

namespace imagemill::image::test {
namespace {

// A failure of the helper itself: the test cannot go on.
void require(bool holds) {
    if (!holds) std::abort();
}

Picture owned(int status, VipsImage* image) {
    if (status != 0) std::fputs(vips_error_buffer(), stderr);
    require(status == 0);
    return Picture(image);
}

std::size_t index_of(const Grid& grid, int x, int y, int band) {
    require(x >= 0 && y >= 0 && x < grid.width && y < grid.height && band < grid.bands);
    return (static_cast<std::size_t>(y) * static_cast<std::size_t>(grid.width) +
            static_cast<std::size_t>(x)) *
               static_cast<std::size_t>(grid.bands) +
           static_cast<std::size_t>(band);
}

Picture to_picture(const Grid& grid, const WriteOptions& options) {
    require(vips_init("test") == 0);
    VipsImage* out =
        vips_image_new_from_memory_copy(grid.values.data(), grid.values.size(), grid.width,
                                        grid.height, grid.bands, VIPS_FORMAT_UCHAR);
    const Picture raw = owned(out == nullptr ? -1 : 0, out);
    const bool is_grey = grid.bands <= 2;
    out = nullptr;
    int status = vips_copy(raw.get(), &out, "interpretation",
                           is_grey ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, nullptr);
    Picture picture = owned(status, out);
    if (options.wide) {
        out = nullptr;
        status = vips_colourspace(picture.get(), &out, VIPS_INTERPRETATION_RGB16, nullptr);
        picture = owned(status, out);
    }
    if (options.cmyk) {
        out = nullptr;
        status = vips_icc_transform(picture.get(), &out, "cmyk", "input_profile", "srgb", nullptr);
        picture = owned(status, out);
    }
    return picture;
}

void write_metadata(VipsImage* image, int height, const WriteOptions& options) {
    if (options.orientation != 1) {
        vips_image_set_int(image, VIPS_META_ORIENTATION, options.orientation);
    }
    if (!options.profile_bytes.empty()) {
        vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, options.profile_bytes.data(),
                                 options.profile_bytes.size());
    }
    if (!options.xmp.empty()) {
        vips_image_set_blob_copy(image, VIPS_META_XMP_NAME, options.xmp.data(), options.xmp.size());
    }
    if (options.frames > 1) {
        vips_image_set_int(image, VIPS_META_PAGE_HEIGHT, height / options.frames);
        vips_image_set_int(image, "loop", options.loop);
        vips_image_set_array_int(image, "delay", options.delays_ms.data(),
                                 static_cast<int>(options.delays_ms.size()));
    }
}

Buffer save(VipsImage* image, Format format, const WriteOptions& options) {
    void* bytes = nullptr;
    std::size_t size = 0;
    int status = -1;
    const char* profile = options.profile.empty() ? nullptr : options.profile.c_str();
    switch (format) {
        case Format::jpeg:
            status = vips_jpegsave_buffer(image, &bytes, &size, "Q", options.quality,
                                          "subsample_mode", VIPS_FOREIGN_SUBSAMPLE_OFF, "interlace",
                                          options.progressive, "profile", profile, nullptr);
            break;
        case Format::png:
            status = vips_pngsave_buffer(image, &bytes, &size, "profile", profile, nullptr);
            break;
        case Format::webp:
            status = vips_webpsave_buffer(image, &bytes, &size, "lossless", TRUE, "exact", TRUE,
                                          "profile", profile, nullptr);
            break;
        case Format::gif:
            status = vips_gifsave_buffer(image, &bytes, &size, "dither", 0.0, nullptr);
            break;
        case Format::avif:
            status = vips_heifsave_buffer(image, &bytes, &size, "compression",
                                          VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "lossless", TRUE,
                                          "effort", 0, nullptr);
            break;
        default:
            break;
    }
    if (status != 0) std::fputs(vips_error_buffer(), stderr);
    require(status == 0);
    const auto* first = static_cast<const std::byte*>(bytes);
    Buffer out(first, first + size);
    g_free(bytes);
    return out;
}

Picture load(Bytes file, Format format) {
    require(vips_init("test") == 0);
    void* bytes = const_cast<std::byte*>(file.data());
    VipsImage* out = nullptr;
    int status = -1;
    switch (format) {
        case Format::jpeg:
            status = vips_jpegload_buffer(bytes, file.size(), &out, nullptr);
            break;
        case Format::png:
            status = vips_pngload_buffer(bytes, file.size(), &out, nullptr);
            break;
        case Format::webp:
            status = vips_webpload_buffer(bytes, file.size(), &out, "n", -1, nullptr);
            break;
        case Format::gif:
            status = vips_gifload_buffer(bytes, file.size(), &out, "n", -1, nullptr);
            break;
        case Format::avif:
            status = vips_heifload_buffer(bytes, file.size(), &out, nullptr);
            break;
        default:
            break;
    }
    return owned(status, out);
}

}  // namespace

std::uint8_t& Grid::at(int x, int y, int band) {
    return values[index_of(*this, x, y, band)];
}
int Grid::at(int x, int y, int band) const {
    return values[index_of(*this, x, y, band)];
}

Grid paint(Size size, int bands, const Paint& paint) {
    Grid grid{.width = size.width, .height = size.height, .bands = bands};
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const Color color = paint(x, y);
            const std::uint8_t values[] = {color.red, color.green, color.blue, color.alpha};
            grid.values.insert(grid.values.end(), values, values + bands);
        }
    }
    return grid;
}

Grid constant(Size size, int bands, Color color) {
    return paint(size, bands, [color](int, int) { return color; });
}

Grid quarters(Size size) {
    return paint(size, 3, [size](int x, int y) -> Color {
        const bool right = x >= size.width / 2;
        const bool bottom = y >= size.height / 2;
        if (bottom) return right ? Color{230, 230, 30} : Color{30, 30, 200};
        return right ? Color{30, 180, 30} : Color{200, 30, 30};
    });
}

Grid stored_as(const Grid& upright, int orientation) {
    Grid stored = upright;
    if (orientation >= 5) std::swap(stored.width, stored.height);
    const int right = stored.width - 1;
    const int bottom = stored.height - 1;
    for (int y = 0; y < upright.height; ++y) {
        for (int x = 0; x < upright.width; ++x) {
            const Point places[] = {
                {x, y}, {right - x, y},  {right - x, bottom - y}, {x, bottom - y},
                {y, x}, {y, bottom - x}, {right - y, bottom - x}, {right - y, x}};
            const Point place = places[orientation - 1];
            for (int band = 0; band < upright.bands; ++band) {
                stored.at(place.x, place.y, band) =
                    static_cast<std::uint8_t>(upright.at(x, y, band));
            }
        }
    }
    return stored;
}

Buffer write(const Grid& grid, Format format, const WriteOptions& options) {
    if (format == Format::tiff) {
        const auto* pixels = reinterpret_cast<const char*>(grid.values.data());
        return to_buffer(tiff({.width = grid.width,
                               .height = grid.height,
                               .bands = grid.bands,
                               .orientation = options.orientation},
                              {pixels, grid.values.size()}));
    }
    const Picture picture = to_picture(grid, options);
    VipsImage* out = nullptr;
    const int status = vips_copy(picture.get(), &out, nullptr);
    const Picture copy = owned(status, out);
    write_metadata(out, grid.height, options);
    return save(out, format, options);
}

Read read(Bytes file, Format format) {
    const Picture picture = load(file, format);
    VipsImage* image = picture.get();
    Read found;
    found.grid = {.width = vips_image_get_width(image),
                  .height = vips_image_get_height(image),
                  .bands = vips_image_get_bands(image)};
    found.frames = vips_image_get_n_pages(image);
    if (vips_image_get_typeof(image, "loop") != 0) vips_image_get_int(image, "loop", &found.loop);
    int* delays = nullptr;
    int count = 0;
    if (vips_image_get_typeof(image, "delay") != 0) {
        vips_image_get_array_int(image, "delay", &delays, &count);
        found.delays_ms.assign(delays, delays + count);
    }
    gchar** fields = vips_image_get_fields(image);
    for (gchar** field = fields; *field != nullptr; ++field) found.fields.emplace_back(*field);
    g_strfreev(fields);
    require(vips_image_get_format(image) == VIPS_FORMAT_UCHAR);
    std::size_t size = 0;
    void* pixels = vips_image_write_to_memory(image, &size);
    require(pixels != nullptr);
    const auto* first = static_cast<const std::uint8_t*>(pixels);
    found.grid.values.assign(first, first + size);
    g_free(pixels);
    return found;
}

int difference(const Grid& a, const Grid& b) {
    if (a.width != b.width || a.height != b.height || a.bands != b.bands) return 256;
    int greatest = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i) {
        greatest = std::max(greatest, std::abs(a.values[i] - b.values[i]));
    }
    return greatest;
}

}  // namespace imagemill::image::test
