// The decoders against libjpeg's coefficients, and against damage.
#include "image/lane/jpeg_decode.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "image/lane/jpeg_baseline.h"
#include "image/lane/jpeg_error.h"
#include "image/lane/jpeg_progressive.h"
#include "image/lane/resample.h"
#include "image/lane/test_reference.h"

namespace imagemill::image {
namespace {

Buffer noisy(TestJpeg options) {
    options.picture = JpegPicture::noisy;
    return make_test_jpeg(options);
}

Result<std::optional<Planes>> decode_ours(Bytes file, const JpegSizes& sizes, bool progressive) {
    const Stop stop;
    return progressive ? decode_progressive(file, sizes, stop) : decode_baseline(file, sizes, stop);
}

// The greatest difference of a sample, over all that the picture covers.
double difference(const Plane& plane, const ReferencePlane& reference) {
    EXPECT_LE(plane.width, reference.width);
    EXPECT_LE(plane.height, reference.height);
    double greatest = 0;
    for (int y = 0; y < plane.height; ++y) {
        for (int x = 0; x < plane.width; ++x) {
            const double wanted =
                reference.samples[static_cast<std::size_t>(y * reference.width + x)];
            greatest = std::max(greatest, std::abs(plane.row(y)[x] - wanted));
        }
    }
    return greatest;
}

bool equal(const Plane& a, const Plane& b) {
    for (int y = 0; y < a.height; ++y) {
        if (!std::equal(a.row(y), a.row(y) + a.width, b.row(y))) return false;
    }
    return true;
}

TEST(JpegDecode, GivesTheInverseDctOfTheFilesCoefficientsAtEverySize) {
    for (const TestJpeg& kind : noisy_kinds()) {
        const Buffer file = make_test_jpeg(kind);
        for (int size = 1; size <= 6; ++size) {
            const auto planes = decode_ours(file, {size, size}, kind.progressive);
            ASSERT_TRUE(planes) << planes.error().message;
            ASSERT_TRUE(*planes) << kind.name() << " at " << size;
            const auto reference = reference_planes(file, size);
            ASSERT_EQ((**planes).planes.size(), reference.size());
            for (std::size_t i = 0; i < reference.size(); ++i) {
                EXPECT_LT(difference((**planes).planes[i], reference[i]), 0.8)
                    << kind.name() << " at " << size << ", component " << i;
            }
        }
    }
}

// Whichever code the machine gets: the same samples, also for those of other machines.
TEST(JpegDecode, EveryInstructionSetGivesTheSameSamples) {
    const std::vector<std::int64_t> targets = hwy::SupportedAndGeneratedTargets();
    ASSERT_FALSE(targets.empty());
    for (const bool progressive : {false, true}) {
        const Buffer file = noisy({.width = 203, .height = 77, .progressive = progressive});
        for (int size = 1; size <= 6; ++size) {
            std::vector<Plane> first;
            for (const std::int64_t target : targets) {
                hwy::GetChosenTarget().Update(target);
                auto planes = decode_ours(file, {size, size}, progressive);
                ASSERT_TRUE(planes && *planes) << target;
                Plane small = make_plane(31, 17, 31, 17);
                resample((**planes).planes[0], {.width = 20, .height = 9},
                         view_of(small, 0, 0, 31, 17));
                (**planes).planes.push_back(std::move(small));
                if (first.empty()) first = std::move((**planes).planes);
                for (std::size_t i = 0; i < first.size() && target != targets[0]; ++i) {
                    EXPECT_TRUE(equal(first[i], (**planes).planes[i])) << target << " at " << size;
                }
            }
        }
    }
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(JpegDecode, ScalesChromaOnItsOwn) {
    for (const bool progressive : {false, true}) {
        const Buffer file = noisy({.progressive = progressive, .sampling_x = 1, .sampling_y = 1});

        const auto planes = decode_ours(file, {.luma = 5, .chroma = 3}, progressive);

        ASSERT_TRUE(planes && *planes);
        EXPECT_LT(difference((**planes).planes[0], reference_planes(file, 5)[0]), 0.8);
        EXPECT_LT(difference((**planes).planes[2], reference_planes(file, 3)[2]), 0.8);
    }
}

TEST(JpegDecode, AnExtentEndsWhereThePictureDoes) {
    const Buffer file = noisy({.width = 67, .height = 45});

    const auto planes = decode_jpeg(file, JpegSizes{3, 3}, {});

    ASSERT_TRUE(planes);
    EXPECT_DOUBLE_EQ(planes->planes[0].extent_x, 67 * 3 / 8.0);
    EXPECT_DOUBLE_EQ(planes->planes[1].extent_x, 67 * 3 / 16.0);
    EXPECT_DOUBLE_EQ(planes->planes[1].extent_y, 45 * 3 / 16.0);
    EXPECT_EQ(planes->planes[0].width, 26);
    EXPECT_EQ(planes->planes[1].width, 13);
}

// What is cut short is libjpeg's to judge, and corrupt.
TEST(JpegDecode, AFileCutShortIsCorruptAtEverySize) {
    for (const bool progressive : {false, true}) {
        const Buffer whole =
            noisy({.width = 200, .height = 150, .progressive = progressive, .restart_mcus = 20});
        for (int size = 1; size <= 8; ++size) {
            for (std::size_t length = whole.size() / 2; length + 40 < whole.size();
                 length += whole.size() / 9) {
                const auto planes =
                    decode_jpeg(Bytes(whole).first(length), JpegSizes{size, size}, {});
                ASSERT_FALSE(planes) << length << " of " << whole.size() << " at " << size;
                EXPECT_EQ(planes.error().code, Code::corrupt) << planes.error().message;
            }
        }
    }
}

TEST(JpegDecode, DamageAnywhereEndsInAPictureOrASentence) {
    std::mt19937 random(7);
    for (const bool progressive : {false, true}) {
        const Buffer whole =
            noisy({.width = 120, .height = 90, .progressive = progressive, .restart_mcus = 7});
        for (int i = 0; i < 600; ++i) {
            Buffer damaged = whole;
            const int changes = 1 + static_cast<int>(random() % 4);
            for (int c = 0; c < changes; ++c) {
                damaged[2 + random() % (damaged.size() - 2)] = static_cast<std::byte>(random());
            }
            const int size = 1 + i % 6;
            // Dimensions are checked before by whoever calls.
            const auto header = read_jpeg_header(damaged);
            if (!header || header->width > 2000 || header->height > 2000) continue;
            if (header->components > 3) continue;
            const auto planes = decode_jpeg(damaged, JpegSizes{size, size}, {});
            EXPECT_TRUE(planes || !planes.error().message.empty());
        }
    }
}

TEST(JpegDecode, AMissingOrWrongRestartMarkerIsNotFlawless) {
    for (const bool progressive : {false, true}) {
        Buffer file = noisy({.progressive = progressive, .restart_mcus = 2});
        std::size_t at = file.size() / 2;
        while (file[at] != std::byte{0xFF} || (file[at + 1] & std::byte{0xF8}) != std::byte{0xD0}) {
            ++at;
        }
        file[at + 1] ^= std::byte{1};

        const auto planes = decode_ours(file, {6, 6}, progressive);

        ASSERT_TRUE(planes);
        EXPECT_FALSE(*planes);
    }
}

TEST(JpegDecode, AMissingTableIsASentence) {
    for (const int marker : {0xDB, 0xC4}) {
        Buffer file = noisy({});
        std::size_t at = 2;
        while (file[at + 1] != static_cast<std::byte>(marker)) {
            at += 2 + std::to_integer<std::size_t>(file[at + 2]) * 256 +
                  std::to_integer<std::size_t>(file[at + 3]);
        }
        file[at + 1] = std::byte{0xEF};  // APP15, which nobody reads.

        const auto planes = decode_jpeg(file, JpegSizes{2, 2}, {});

        if (planes) continue;  // libjpeg has the standard's Huffman tables at hand.
        EXPECT_EQ(planes.error().code, Code::corrupt);
        EXPECT_NE(planes.error().message.find("The JPEG file is damaged: "), std::string::npos);
    }
}

TEST(JpegDecode, ThousandsOfScansAreRefusedAtEverySize) {
    const Buffer file = noisy({.progressive = true});
    // The last scan again and again.
    std::size_t at = file.size() - 2;
    while (file[at] != std::byte{0xFF} || file[at + 1] != std::byte{0xDA}) --at;
    Buffer many(file.begin(), file.end() - 2);
    for (int i = 0; i < 20'000; ++i) {
        many.insert(many.end(), file.begin() + static_cast<std::ptrdiff_t>(at), file.end() - 2);
    }
    many.insert(many.end(), file.end() - 2, file.end());

    for (const int size : {1, 4, 8}) {
        const auto planes = decode_jpeg(many, JpegSizes{size, size}, {});
        ASSERT_FALSE(planes) << size;
        EXPECT_NE(planes.error().message.find("more than 1000 scans"), std::string::npos)
            << planes.error().message;
    }
}

TEST(JpegDecode, StopsWhenToldAtEverySize) {
    for (const bool progressive : {false, true}) {
        const Buffer file = noisy({.progressive = progressive});
        for (const int size : {1, 6, 8}) {
            const auto planes = decode_jpeg(file, JpegSizes{size, size}, [] { return true; });
            ASSERT_FALSE(planes);
            EXPECT_EQ(planes.error().code, Code::timeout);
        }
    }
}

TEST(JpegDecode, ChoosesTheSmallestSizeWithSomeToSpare) {
    JpegHeader header{.width = 6400, .height = 4800, .components = 3};
    header.sampling_x[0] = header.sampling_y[0] = 2;
    const auto luma = [&](int width) {
        return choose_jpeg_sizes(header, {width, width * 3 / 4, 2}).luma;
    };

    EXPECT_EQ(luma(100), 1);
    EXPECT_EQ(luma(6400 / 8 * 4 / 5), 1);
    EXPECT_EQ(luma(6400 / 8 * 4 / 5 + 1), 2);
    EXPECT_EQ(luma(6400 / 8), 2);
    EXPECT_EQ(luma(6400 / 4 * 4 / 5), 2);
    EXPECT_EQ(luma(6400 / 4), 3);
    EXPECT_EQ(luma(6400), 8);
}

TEST(JpegDecode, ChromaIsAsLargeAsItIsWanted) {
    JpegHeader header{.width = 6400, .height = 4800, .components = 3};
    EXPECT_EQ(choose_jpeg_sizes(header, {2500, 1875, 2}).chroma, 2) << "4:4:4, for 4:2:0";
    EXPECT_EQ(choose_jpeg_sizes(header, {2500, 1875, 1}).chroma, 4) << "4:4:4, whole";

    header.sampling_x[0] = header.sampling_y[0] = 2;
    EXPECT_EQ(choose_jpeg_sizes(header, {1200, 900, 2}).chroma, 2) << "4:2:0, for 4:2:0";
    EXPECT_EQ(choose_jpeg_sizes(header, {1200, 900, 1}).chroma, 4) << "4:2:0, whole";
}

}  // namespace
}  // namespace imagemill::image
