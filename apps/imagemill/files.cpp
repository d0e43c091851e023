#include "files.h"

#include <fstream>

namespace imagemill {

Result<std::string> read_file(const std::string& path) {
    constexpr std::size_t kPieceBytes = 64 * 1024;
    std::ifstream file(path, std::ios::binary);
    std::string text;
    while (file) {
        const std::size_t before = text.size();
        text.resize(before + kPieceBytes);
        file.read(text.data() + before, kPieceBytes);
        text.resize(before + static_cast<std::size_t>(file.gcount()));
    }
    if (!file.is_open() || file.bad()) {
        return Error{Code::unavailable, "The file " + path + " cannot be read."};
    }
    return text;
}

}  // namespace imagemill
