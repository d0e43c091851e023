#include "image/lane/drawing.h"

#include <cmath>
#include <utility>
#include <vector>

#include "image/lane/resample.h"
#include "image/lane/turn_plane.h"
#include "image/lane/ycc.h"

namespace imagemill::image {
namespace {

void mirror(double& a, double& b, double length) {
    const double first = length - b;
    b = length - a;
    a = first;
}

// Where `part` lies before the turn.
Part unturn(Part part, const View& view) {
    const Size lying = turned(view.size, inverse(view.turn));
    if (view.turn.swaps) {
        std::swap(part.x0, part.y0);
        std::swap(part.x1, part.y1);
    }
    if (view.turn.mirrors_x) mirror(part.x0, part.x1, lying.width);
    if (view.turn.mirrors_y) mirror(part.y0, part.y1, lying.height);
    return part;
}

Window window_of(const Plane& source, Size stored, const View& view, const Part& part) {
    const Part lies = unturn(part, view);
    const Size lying = turned(view.size, inverse(view.turn));
    const double samples_x = source.extent_x / stored.width;
    const double samples_y = source.extent_y / stored.height;
    const double step_x = samples_x * view.part.width / lying.width;
    const double step_y = samples_y * view.part.height / lying.height;
    return {.x = view.part.x * samples_x + lies.x0 * step_x,
            .y = view.part.y * samples_y + lies.y0 * step_y,
            .width = (lies.x1 - lies.x0) * step_x,
            .height = (lies.y1 - lies.y0) * step_y,
            .bounds = Bounds{
                .x0 = static_cast<int>(std::floor(view.part.x * samples_x)),
                .y0 = static_cast<int>(std::floor(view.part.y * samples_y)),
                .x1 = static_cast<int>(std::ceil((view.part.x + view.part.width) * samples_x)),
                .y1 = static_cast<int>(std::ceil((view.part.y + view.part.height) * samples_y))}};
}

}  // namespace

void draw(const Plane& source, Size stored, const View& view, const Part& part,
          const PlaneView& target) {
    const Window window = window_of(source, stored, view, part);
    if (view.turn.is_none()) return resample(source, window, target);
    const Size lying = turned({target.width, target.height}, inverse(view.turn));
    Plane unturned = make_plane(lying.width, lying.height, lying.width, lying.height);
    const PlaneView resized = view_of(unturned, 0, 0, lying.width, lying.height);
    resample(source, window, resized);
    turn(resized, view.turn, target);
}

Raster draw_raster(const Planes& planes, Size stored, const View& view, const Rect& part) {
    const Part shown{.x0 = double(part.x),
                     .y0 = double(part.y),
                     .x1 = double(part.x) + part.width,
                     .y1 = double(part.y) + part.height};
    std::vector<Plane> drawn;
    for (const Plane& plane : planes.planes) {
        drawn.push_back(make_plane(part.width, part.height, part.width, part.height));
        draw(plane, stored, view, shown, view_of(drawn.back(), 0, 0, part.width, part.height));
    }
    return interleave(drawn);
}

}  // namespace imagemill::image
