#include "image/golden/test_golden.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <iterator>

namespace imagemill::image::test {
namespace {

bool alike(const Grid& a, const Grid& b) {
    return a.width == b.width && a.height == b.height && a.bands == b.bands;
}

struct Plane {
    int width = 0, height = 0;
    std::vector<double> values = {};

    double at(int x, int y) const { return values[std::size_t(y) * std::size_t(width) + x]; }
};

template <typename Value>
Plane make_plane(int width, int height, const Value& value) {
    Plane plane{.width = width, .height = height};
    plane.values.reserve(std::size_t(width) * std::size_t(height));
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) plane.values.push_back(value(x, y));
    }
    return plane;
}

Plane luma(const Grid& grid) {
    return make_plane(grid.width, grid.height, [&](int x, int y) {
        if (grid.bands < 3) return double(grid.at(x, y, 0));
        return 0.299 * grid.at(x, y, 0) + 0.587 * grid.at(x, y, 1) + 0.114 * grid.at(x, y, 2);
    });
}

Plane product(const Plane& a, const Plane& b) {
    return make_plane(a.width, a.height, [&](int x, int y) { return a.at(x, y) * b.at(x, y); });
}

constexpr int kWindow = 11;

std::array<double, kWindow> window() {
    std::array<double, kWindow> weights;
    double sum = 0;
    for (int i = 0; i < kWindow; ++i) {
        const double away = i - kWindow / 2;
        sum += weights[std::size_t(i)] = std::exp(-away * away / (2 * 1.5 * 1.5));
    }
    for (double& weight : weights) weight /= sum;
    return weights;
}

// Where the whole window lies in the plane.
Plane blurred(const Plane& plane) {
    const auto weights = window();
    const auto along = [&](const auto& sample) {
        double sum = 0;
        for (int i = 0; i < kWindow; ++i) sum += weights[std::size_t(i)] * sample(i);
        return sum;
    };
    const Plane across = make_plane(plane.width - kWindow + 1, plane.height, [&](int x, int y) {
        return along([&](int i) { return plane.at(x + i, y); });
    });
    return make_plane(across.width, plane.height - kWindow + 1, [&](int x, int y) {
        return along([&](int i) { return across.at(x, y + i); });
    });
}

}  // namespace

Buffer golden(std::string_view file_name) {
    std::ifstream file(std::string(IMAGEMILL_GOLDENS) + "/" + std::string(file_name),
                       std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    EXPECT_FALSE(bytes.empty()) << file_name;
    return to_buffer(bytes);
}

double psnr(const Grid& a, const Grid& b) {
    if (!alike(a, b)) return 0;
    double sum = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i) {
        const double apart = a.values[i] - b.values[i];
        sum += apart * apart;
    }
    if (sum == 0) return 99;
    return 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.values.size()) / sum);
}

double ssim(const Grid& a, const Grid& b) {
    if (!alike(a, b) || a.width < kWindow || a.height < kWindow) return 0;
    const Plane x = luma(a), y = luma(b);
    const Plane mean_x = blurred(x), mean_y = blurred(y);
    const Plane xx = blurred(product(x, x)), yy = blurred(product(y, y));
    const Plane xy = blurred(product(x, y));
    constexpr double kC1 = 0.01 * 255 * 0.01 * 255, kC2 = 0.03 * 255 * 0.03 * 255;
    double sum = 0;
    for (std::size_t i = 0; i < xy.values.size(); ++i) {
        const double mx = mean_x.values[i], my = mean_y.values[i];
        const double variances = xx.values[i] - mx * mx + yy.values[i] - my * my;
        const double both = xy.values[i] - mx * my;
        sum += (2 * mx * my + kC1) * (2 * both + kC2) /
               ((mx * mx + my * my + kC1) * (variances + kC2));
    }
    return sum / static_cast<double>(xy.values.size());
}

}  // namespace imagemill::image::test
