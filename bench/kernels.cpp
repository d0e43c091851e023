// The engine's inner loops by themselves, on one plane or picture each: where a change to one of
// them shows first. `bench_kernels --benchmark_filter=Resample`
#include <benchmark/benchmark.h>

#include <random>

#include "image/lane/inverse_dct.h"
#include "image/lane/resample.h"
#include "image/lane/turn_plane.h"
#include "image/lane/ycc.h"
#include "image/thumbhash.h"

namespace imagemill::image {
namespace {

Plane noise(int width, int height) {
    Plane plane = make_plane(width, height, width, height);
    plane.extent_x = width;
    plane.extent_y = height;
    std::minstd_rand random;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            plane.row(y)[x] = static_cast<std::uint8_t>(random() >> 8);
        }
    }
    return plane;
}

using Resample = void (*)(const Plane&, const Window&, const PlaneView&);

// From a decoder's scaled luma to 800 across: what a photograph of 12 megapixels comes to.
void resample_by(benchmark::State& state, Resample resample_plane) {
    const Plane source = noise(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
    Plane target = make_plane(800, 600, 800, 600);
    const Window window{.x = 0, .y = 0, .width = source.extent_x, .height = source.extent_y};
    const PlaneView view = view_of(target, 0, 0, 800, 600);
    for (auto _ : state) {
        resample_plane(source, window, view);
        benchmark::DoNotOptimize(target.row(0));
    }
    state.SetBytesProcessed(state.iterations() * source.width * source.height);
}
BENCHMARK_CAPTURE(resample_by, simd, resample)->Args({1000, 750})->Args({2000, 1500});
BENCHMARK_CAPTURE(resample_by, plain, resample_plainly)->Args({1000, 750})->Args({2000, 1500});

void turn_plane(benchmark::State& state) {
    Plane source = noise(800, 600);
    const Turn how = turn_of(static_cast<int>(state.range(0)));
    const int width = how.swaps ? 600 : 800;
    const int height = how.swaps ? 800 : 600;
    Plane target = make_plane(width, height, width, height);
    const PlaneView from = view_of(source, 0, 0, 800, 600);
    const PlaneView to = view_of(target, 0, 0, width, height);
    for (auto _ : state) {
        turn(from, how, to);
        benchmark::DoNotOptimize(target.row(0));
    }
    state.SetBytesProcessed(state.iterations() * width * height);
}
BENCHMARK(turn_plane)->Arg(3)->Arg(6);  // Half round, and on its side.

using InverseDct = void (*)(const BatchRow&);

// A row of blocks with detail in all of them, 4,000 pixels across.
void inverse_dct_by(benchmark::State& state, InverseDct transform) {
    constexpr int kBatches = 4000 / 8 / kBlocksAbreast;
    const int size = static_cast<int>(state.range(0));
    std::vector<std::int16_t> coefficients(static_cast<std::size_t>(kBatches * batch_size(size)));
    std::minstd_rand random;
    for (auto& value : coefficients) value = static_cast<std::int16_t>(random() % 401) - 200;
    const std::vector<std::uint8_t> detail(kBatches, 1);
    const int width = kBatches * kBlocksAbreast * size;
    Plane plane = make_plane(width, size, width, size);
    for (auto _ : state) {
        transform({.coefficients = coefficients.data(),
                   .detail = detail.data(),
                   .batches = kBatches,
                   .size = size,
                   .samples = plane.row(0),
                   .stride = plane.stride});
        benchmark::DoNotOptimize(plane.row(0));
    }
    state.SetItemsProcessed(state.iterations() * kBatches * kBlocksAbreast);
}
BENCHMARK_CAPTURE(inverse_dct_by, simd, inverse_dct)->Arg(1)->Arg(2)->Arg(3)->Arg(4)->Arg(6);
BENCHMARK_CAPTURE(inverse_dct_by, plain, inverse_dct_plainly)->Arg(4);

void to_rgb(benchmark::State& state) {
    std::vector<Plane> planes;
    for (int i = 0; i < 3; ++i) planes.push_back(noise(800, 600));
    for (auto _ : state) benchmark::DoNotOptimize(interleave(planes));
    state.SetItemsProcessed(state.iterations() * 800 * 600);
}
BENCHMARK(to_rgb);

void placeholder(benchmark::State& state) {
    Pixels pixels{.size = {100, 75}, .rgba = Buffer(100 * 75 * 4, std::byte{255})};
    for (std::size_t i = 0; i < pixels.rgba.size(); ++i) {
        if (i % 4 != 3) pixels.rgba[i] = static_cast<std::byte>(i * 7);
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(thumbhash(pixels));
        benchmark::DoNotOptimize(dominant_color(pixels));
    }
}
BENCHMARK(placeholder);

}  // namespace
}  // namespace imagemill::image
