#include "local/gateway/original.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "http/problem.h"

namespace imagemill::local {
namespace {

struct Kind {
    std::string_view content_type;
    std::size_t offset;
    std::string_view begins;
};
constexpr std::array kKinds{
    Kind{"image/jpeg", 0, "\xFF\xD8\xFF"}, Kind{"image/png", 0, "\x89PNG\r\n\x1A\n"},
    Kind{"image/gif", 0, "GIF8"},          Kind{"image/webp", 8, "WEBPVP8"},
    Kind{"image/avif", 4, "ftypavi"},      Kind{"image/bmp", 0, "BM"},
};

// Empty where it is none of them.
std::string_view content_type_of(int file) {
    std::array<char, 16> head{};
    const ssize_t count = ::pread(file, head.data(), head.size(), 0);
    const std::string_view begins(head.data(),
                                  static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    for (const Kind& kind : kKinds) {
        if (begins.size() > kind.offset && begins.substr(kind.offset).starts_with(kind.begins)) {
            return kind.content_type;
        }
    }
    return "";
}

}  // namespace

http::Response show_original(const http::Request& request, OpenedObject opened) {
    if (request.headers.get_or("Sec-Fetch-Dest", "image") != "image") {
        return http::problem(403, "An original is shown as a picture of the console alone.");
    }
    const std::int64_t size = opened.object.size_bytes;
    if (size > kOriginalBytesMax) {
        return http::problem(413, "The original has " + std::to_string(size) +
                                      " bytes; the console shows those of up to " +
                                      std::to_string(kOriginalBytesMax) + ".");
    }
    const std::string_view type = content_type_of(opened.file.get());
    if (type.empty()) {
        return http::problem(415, "The original is of no kind that a browser draws safely.");
    }
    http::Response response;
    response.headers.set("Content-Type", std::string(type));
    response.headers.set("Content-Disposition", "attachment");
    response.headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
    // shared: as a FileRange has it.
    response.body = http::FileRange{
        .file = std::make_shared<Fd>(std::move(opened.file)), .offset = 0, .length = size};
    return response;
}

}  // namespace imagemill::local
