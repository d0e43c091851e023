#include "image/stripped.h"

namespace imagemill::image {

std::vector<std::string> find_stripped(const FoundMetadata& source,
                                       std::span<const Output> outputs) {
    const Facts said = source.facts();
    Facts stripped;
    if (said.none()) return {};
    for (const Output& output : outputs) {
        stripped |= said & ~find_metadata(output.bytes, output.format).facts();
    }
    return names_of(stripped);
}

}  // namespace imagemill::image
