// What of a real file's metadata is in real outputs, read back by libvips's own readers.
#include <gtest/gtest.h>

#include <algorithm>

#include "image/carried.h"
#include "image/probe/exif.h"
#include "image/probe/metadata.h"
#include "image/test_files.h"
#include "image/test_metadata.h"
#include "image/test_pictures.h"

namespace imagemill::image {
namespace {

using Names = std::vector<std::string>;

constexpr Format kHolding[] = {Format::jpeg, Format::png, Format::webp, Format::avif};

std::string camera_block() {
    const std::string latitude =
        test::Writer(Endian::big).u32(41).u32(1).u32(54).u32(1).u32(0).u32(1).out();
    return test::exif_of({.image = {{tag::kModel, "Camera 5"},
                                    {tag::kOrientation, std::string("\0\6", 2), kShortType},
                                    {tag::kArtist, "Ada Lovelace"}},
                          .camera = {{tag::kDateTimeOriginal, "2026:01:02 03:04:05"},
                                     {tag::kBodySerialNumber, "4711"}},
                          .position = {{0x01, "N"}, {0x02, latitude, 5}},
                          .thumbnail = true});
}

std::string camera_packet() {
    return test::xmp_of(
        "<dc:description>A cat</dc:description>"
        "<tiff:Orientation>6</tiff:Orientation>");
}

// A JPEG as a camera writes it, lying on its side.
Buffer photograph() {
    const Buffer plain = test::write(test::quarters({64, 48}), Format::jpeg);
    return to_buffer(test::insert_segments(
        as_text(plain), {test::exif_segment(camera_block()), test::xmp_segment(camera_packet())}));
}

Rendered render_all(Bytes file, const std::vector<Spec>& specs, Lane lane = Lane::automatic) {
    auto rendered = render(file, specs, {.lane = lane});
    if (rendered) return std::move(*rendered);
    ADD_FAILURE() << rendered.error().message;
    return {.source = {}, .outputs = std::vector<Output>(specs.size()), .placeholder = {}};
}

Spec to(Format format, Metadata metadata) {
    return {.choice = FormatChoice::named, .format = format, .metadata = metadata};
}

bool has(const test::Read& read, std::string_view field) {
    return std::ranges::find(read.fields, field) != read.fields.end();
}

bool has_any(const test::Read& read, std::string_view start) {
    return std::ranges::any_of(
        read.fields, [start](const std::string& field) { return field.starts_with(start); });
}

TEST(RenderMetadata, StripsEverythingUnlessTold) {
    for (const Format format :
         {Format::jpeg, Format::png, Format::webp, Format::avif, Format::gif}) {
        const Rendered rendered = render_all(photograph(), {to(format, Metadata::strip)});

        EXPECT_EQ(rendered.stripped, (Names{"location", "serial_number", "camera", "author", "time",
                                            "description", "thumbnail"}));
        const test::Read read = test::read(rendered.outputs[0].bytes, format);
        EXPECT_FALSE(has_any(read, "exif-ifd0-Artist")) << name_of(format);
        EXPECT_FALSE(has(read, "xmp-data")) << name_of(format);
    }
}

TEST(RenderMetadata, CarriesAllIntoEveryFormatThatHoldsIt) {
    for (const Lane lane : {Lane::jpeg, Lane::libvips}) {
        for (const Format format : kHolding) {
            const Rendered rendered = render_all(
                photograph(), {to(format, Metadata::all), to(format, Metadata::strip)}, lane);

            const test::Read read = test::read(rendered.outputs[0].bytes, format);
            for (const char* field :
                 {"exif-ifd0-Artist", "exif-ifd0-Model", "exif-ifd2-DateTimeOriginal",
                  "exif-ifd3-GPSLatitude", "xmp-data"}) {
                EXPECT_TRUE(has(read, field)) << name_of(format) << " " << field;
            }
            EXPECT_FALSE(has_any(read, "exif-ifd1")) << name_of(format);
            const auto info = probe(rendered.outputs[0].bytes, {});
            ASSERT_TRUE(info);
            EXPECT_EQ(info->orientation, 1);
            EXPECT_EQ(info->width, 48);
            const test::Read bare = test::read(rendered.outputs[1].bytes, format);
            EXPECT_EQ(test::difference(read.grid, bare.grid), 0) << name_of(format);
        }
    }
}

TEST(RenderMetadata, OfAllLosesTheThumbnailAlone) {
    for (const Format format : kHolding) {
        EXPECT_EQ(render_all(photograph(), {to(format, Metadata::all)}).stripped,
                  Names{"thumbnail"})
            << name_of(format);
    }
}

TEST(RenderMetadata, CarriesTheCopyrightAlone) {
    for (const Format format : kHolding) {
        const Rendered rendered = render_all(photograph(), {to(format, Metadata::copyright)});

        EXPECT_EQ(rendered.stripped, (Names{"location", "serial_number", "camera", "time",
                                            "description", "thumbnail"}));
        const test::Read read = test::read(rendered.outputs[0].bytes, format);
        EXPECT_TRUE(has(read, "exif-ifd0-Artist")) << name_of(format);
        EXPECT_FALSE(has_any(read, "exif-ifd0-Model")) << name_of(format);
        EXPECT_FALSE(has(read, "xmp-data")) << name_of(format);
        EXPECT_EQ(probe(rendered.outputs[0].bytes, {})->orientation, 1);
    }
}

TEST(RenderMetadata, CountsWhatOneOfSeveralOutputsDoesNotHold) {
    const Rendered rendered =
        render_all(photograph(), {to(Format::jpeg, Metadata::all), to(Format::gif, Metadata::all)});

    EXPECT_EQ(rendered.stripped.size(), kFactCount);
}

TEST(RenderMetadata, CountsAnExifThatDoesNotFitInAJpeg) {
    const std::string block = test::exif_of(
        {.image = {{tag::kArtist, "Ada"}, {tag::kImageDescription, std::string(65'500, 'x')}},
         .camera = {{tag::kDateTimeOriginal, std::string(80, '1')}}});
    const std::string png =
        std::string(as_text(test::write(test::quarters({64, 48}), Format::png)));
    const std::string file = png.substr(0, 33) + test::png_chunk("eXIf", block) + png.substr(33);

    const Rendered rendered = render_all(
        as_bytes(file), {to(Format::jpeg, Metadata::all), to(Format::webp, Metadata::all)});

    EXPECT_EQ(rendered.stripped, (Names{"author", "time", "description"}));
    const auto kept = find_metadata(rendered.outputs[1].bytes, Format::webp);
    EXPECT_EQ(names_of(kept.facts()), rendered.stripped);
}

TEST(RenderMetadata, SaysNothingOfASourceThatSaysNothing) {
    const Buffer file = test::write(test::quarters({64, 48}), Format::jpeg);

    EXPECT_EQ(render_all(file, {{}}).stripped, Names{});
}

TEST(RenderMetadata, GoesIntoAMovingWebpAndOneWithAlpha) {
    const test::Grid alpha = test::paint({20, 12}, 4, [](int x, int) {
        return Color{9, 200, 90, static_cast<std::uint8_t>(x < 9 ? 80 : 255)};
    });
    const test::Grid frames = test::quarters({20, 24});
    const Buffer written[] = {
        test::write(alpha, Format::webp),
        test::write(frames, Format::webp, {.frames = 2, .delays_ms = {50, 70}})};
    for (const Buffer& one : written) {
        // libvips writes an Exif of its own, unasked.
        const Buffer plain = render_all(one, {to(Format::webp, Metadata::strip)}).outputs[0].bytes;
        const std::string file = std::string(
            as_text(embed(plain, Format::webp, {20, 12}, {.exif = to_buffer(camera_block())})));

        const Rendered rendered = render_all(as_bytes(file), {to(Format::webp, Metadata::all)});

        const test::Read read = test::read(rendered.outputs[0].bytes, Format::webp);
        EXPECT_TRUE(has(read, "exif-ifd0-Artist"));
        EXPECT_EQ(read.frames, rendered.source.frames);
        EXPECT_EQ(read.grid.bands, test::read(plain, Format::webp).grid.bands);
    }
}

// Both lanes, and formats of either kind.
TEST(RenderQuality, FindsTheBestThatFitsInMaxBytes) {
    const test::Grid noisy = test::paint({96, 64}, 3, [](int x, int y) -> Color {
        const auto value = [x, y](int by) { return static_cast<std::uint8_t>(x * by ^ y * 7); };
        return {value(3), value(5), value(11)};
    });
    const Buffer file = test::write(noisy, Format::jpeg);
    for (const Lane lane : {Lane::jpeg, Lane::libvips}) {
        for (const Format format : {Format::jpeg, Format::webp, Format::avif}) {
            Spec spec = to(format, Metadata::strip);
            spec.quality = 90;
            spec.effort = 0;
            const auto size_at = [&](int quality) {
                Spec tried = spec;
                tried.quality = quality;
                tried.bytes_max = 0;
                return render_all(file, {tried}, lane).outputs[0].bytes.size();
            };
            spec.bytes_max = static_cast<std::int64_t>((size_at(20) + size_at(80)) / 2);

            const Output output = render_all(file, {spec}, lane).outputs[0];

            EXPECT_LE(output.bytes.size(), static_cast<std::size_t>(spec.bytes_max));
            EXPECT_GT(output.quality, 20);
            EXPECT_LT(output.quality, 90);
            EXPECT_GT(size_at(output.quality + 1), static_cast<std::size_t>(spec.bytes_max));
            EXPECT_EQ(size_at(output.quality), output.bytes.size()) << "not at its own quality";
        }
    }
}

TEST(RenderQuality, CountsTheMetadataToo) {
    const Buffer file = photograph();
    Spec spec = to(Format::jpeg, Metadata::all);
    const std::size_t whole = render_all(file, {spec}).outputs[0].bytes.size();
    spec.bytes_max = static_cast<std::int64_t>(whole) - 1;

    const Output output = render_all(file, {spec}).outputs[0];

    EXPECT_LT(output.bytes.size(), whole);
    EXPECT_LT(output.quality, spec.quality);
}

TEST(RenderQuality, RefusesWhatCannotFit) {
    Spec spec = to(Format::png, Metadata::strip);
    spec.bytes_max = 10;
    const auto rendered = render(photograph(), std::vector{spec}, {});

    ASSERT_FALSE(rendered);
    EXPECT_EQ(rendered.error().code, Code::invalid_argument);
    EXPECT_NE(rendered.error().message.find("at most 10 are asked for (max_bytes)"),
              std::string::npos);
}

}  // namespace
}  // namespace imagemill::image
