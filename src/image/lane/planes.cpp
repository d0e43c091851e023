#include "image/lane/planes.h"

#include "base/check.h"

namespace imagemill::image {

Plane make_plane(int width, int height, int width_allocated, int height_allocated) {
    CHECK(width > 0 && height > 0 && width <= width_allocated && height <= height_allocated);
    Plane plane{.width = width,
                .height = height,
                .stride = width_allocated + kPlanePadding,
                .extent_x = static_cast<double>(width),
                .extent_y = static_cast<double>(height)};
    const auto size =
        static_cast<std::size_t>(plane.stride) * static_cast<std::size_t>(height_allocated);
    plane.samples = std::make_unique_for_overwrite<std::uint8_t[]>(size + kPlanePadding);
    return plane;
}

PlaneView view_of(Plane& plane, int x, int y, int width, int height) {
    CHECK(x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= plane.stride);
    return {.samples = plane.row(y) + x, .width = width, .height = height, .stride = plane.stride};
}

}  // namespace imagemill::image
