// vips_picture: one owner for a VipsImage, errors as values, and the way to stop.
//
// Threads: a Watch and its pictures belong to one render. libvips keeps one error text for the
//          whole process, so the detail of a message may be another render's.
#pragma once

#include <vips/vips.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "image/image.h"
#include "image/plan.h"

namespace imagemill::image {

struct Unref {
    void operator()(VipsImage* image) const { g_object_unref(image); }
};
using Picture = std::unique_ptr<VipsImage, Unref>;

inline Picture share(const Picture& picture) {
    g_object_ref(picture.get());
    return Picture(picture.get());
}
inline Size size_of(const Picture& picture) {
    return {vips_image_get_width(picture.get()), vips_image_get_height(picture.get())};
}

// Asks `stop` while pixels are computed and remembers a yes. Who waits inside libvips does not ask:
// every strip goes to another thread and back, so a render on a busy machine may wait long for its
// turn. Who cannot wait ends the process, as the pool does at a function's timeout.
class Watch final {
  public:
    explicit Watch(const Stop& stop) : stop_(stop) {}
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // Pixels of this picture, and of what is made from it, are computed under the watch. The
    // picture and all that is made from it must not outlive the watch.
    void over(const Picture& picture);
    // Asks now.
    Result<void> check();
    // What a failed call of libvips means: its own words go in brackets at the end. After a yes
    // of `stop` it means timeout, whatever libvips says.
    Error failure(Code code, std::string sentence);

  private:
    static void on_eval(VipsImage* image, VipsProgress* progress, Watch* watch);
    bool asks();

    const Stop& stop_;  // Outlives the render.
    bool stopped_ = false;
};

// What a step of libvips gave, or "The picture could not be <step>".
Result<Picture> taken(int status, VipsImage* out, std::string_view step, Watch& watch);

}  // namespace imagemill::image
