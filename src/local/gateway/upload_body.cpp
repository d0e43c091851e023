#include "local/gateway/upload_body.h"

#include <algorithm>

#include "base/encodings.h"

namespace imagemill::local {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;
// Boundaries, part headers, file names: what is not the picture. The function looks at that itself.
constexpr std::int64_t kEnvelopeBytesMax = 64 * 1024;

Error busy() {
    return {Code::busy, "Too many uploads are being received at once. Try again in a moment."};
}

std::string media_type_of(std::string_view content_type) {
    return to_lower(trim(content_type.substr(0, content_type.find(';'))));
}

}  // namespace

bool Budget::spend(std::int64_t bytes, std::int64_t held) {
    const std::int64_t before = spent_.fetch_add(bytes);
    if (before + bytes <= bytes_max_ || before == held) return true;
    spent_ -= bytes;
    return false;
}

bool Budget::has_room_for(std::int64_t bytes) const {
    const std::int64_t spent = spent_;
    return spent == 0 || spent + bytes <= bytes_max_;
}

Result<void> UploadBody::read(http::Request& request, std::int64_t upload_bytes_max) {
    const std::string_view content_type = request.headers.get_or("Content-Type", "");
    const std::int64_t limit = body_bytes_max(content_type, upload_bytes_max);
    if (request.content_length) {
        if (*request.content_length > limit) {
            return too_large_upload(*request.content_length, upload_bytes_max);
        }
        if (!budget_.has_room_for(*request.content_length)) return busy();
        // One more, so that looking for the end does not make it grow.
        bytes_.reserve(static_cast<std::size_t>(*request.content_length) + 1);
    }
    return grow(*request.body, limit, upload_bytes_max);
}

Result<void> UploadBody::grow(http::BodyReader& reader, std::int64_t limit,
                              std::int64_t upload_bytes_max) {
    for (;;) {
        const std::size_t size = bytes_.size();
        const std::size_t room = bytes_.capacity() - size;
        bytes_.resize(size + std::clamp(room, std::size_t{1}, kPieceBytes));
        const auto count = reader.read(std::span(bytes_).subspan(size));
        bytes_.resize(size + (count ? *count : 0));
        if (!count) return count.error();
        if (*count == 0) return {};
        const auto spent = static_cast<std::int64_t>(*count);
        if (!budget_.spend(spent, held_)) return busy();
        held_ += spent;
        if (held_ > limit) return too_large_upload(held_, upload_bytes_max);
    }
}

std::int64_t body_bytes_max(std::string_view content_type, std::int64_t upload_bytes_max) {
    const std::string type = media_type_of(content_type);
    if (type == "multipart/form-data") return upload_bytes_max + kEnvelopeBytesMax;
    if (type == "application/json") return (upload_bytes_max + 2) / 3 * 4 + kEnvelopeBytesMax;
    return upload_bytes_max;
}

Error too_large_upload(std::int64_t measured, std::int64_t upload_bytes_max) {
    return {Code::too_large,
            "The upload has " + std::to_string(measured) + " bytes, and at most " +
                std::to_string(upload_bytes_max) +
                " pass through here. A larger picture goes straight to the store: POST /upload "
                "with the JSON {\"filename\",\"contentType\",\"size\"} answers with a pre-signed "
                "form to send it with. IMAGEMILL_MAX_UPLOAD_BYTES changes the limit.",
            Exceeded{.setting = "IMAGEMILL_MAX_UPLOAD_BYTES",
                     .limit = upload_bytes_max,
                     .measured = measured}};
}

}  // namespace imagemill::local
