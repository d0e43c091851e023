#include "image/quality.h"

namespace imagemill::image {
namespace {

Error does_not_fit(const Plan& plan, Format format, std::size_t least) {
    const std::string name(name_of(format));
    const std::string size = std::to_string(least) + " bytes";
    const std::string bound = std::to_string(plan.bytes_max) + " are asked for (max_bytes).";
    if (!has_quality(format)) {
        return {Code::invalid_argument, "The output has " + size + " as " + name +
                                            ", which has no quality to lower; at most " + bound};
    }
    return {Code::invalid_argument,
            "The output has " + size + " as " + name + " even at quality 1; at most " + bound};
}

}  // namespace

Result<FittedFile> fit_quality(const Plan& plan, Format format, const EncodeAt& encode,
                               const Stop& stop) {
    const bool searches = has_quality(format);
    FittedFile file{.bytes = TRY(encode(plan.quality)), .quality = searches ? plan.quality : 0};
    const auto fits = [&plan](const Buffer& bytes) {
        return plan.bytes_max == 0 || bytes.size() <= static_cast<std::size_t>(plan.bytes_max);
    };
    if (fits(file.bytes)) return file;
    std::size_t least = file.bytes.size();
    int fitting = 0;          // The best quality known to fit; 0: none yet.
    int over = plan.quality;  // The least known not to.
    while (searches && over - fitting > 1) {
        if (stop && stop()) return Error{Code::timeout, "The search for a quality was stopped."};
        const int quality = fitting + (over - fitting) / 2;
        Buffer bytes = TRY(encode(quality));
        least = std::min(least, bytes.size());
        if (fits(bytes)) {
            fitting = quality;
            file = {.bytes = std::move(bytes), .quality = quality};
        } else {
            over = quality;
        }
    }
    if (fitting == 0) return does_not_fit(plan, format, least);
    return file;
}

}  // namespace imagemill::image
