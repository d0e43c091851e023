#include "image/bmp/bmp_runs.h"

#include "image/probe/byte_reader.h"
#include "image/probe/codec.h"

namespace imagemill::image {
namespace {

class Unpacking final {
  public:
    explicit Unpacking(const BmpHeader& header)
        : size_(header.size),
          nibbles_(header.coding == BmpCoding::rle4),
          reader_(header.pixels, Endian::little),
          indexes_(static_cast<std::size_t>(size_.width) * static_cast<std::size_t>(size_.height)) {
    }

    Result<std::vector<std::uint8_t>> run() {
        while (y_ < size_.height && !ended_) {
            const int count = reader_.u8();
            const int value = reader_.u8();
            if (!reader_.ok()) break;
            if (count > 0)
                repeat(count, value);
            else if (value > 2)
                copy(value);
            else
                command(value);
        }
        // Some writers leave the end mark out, and the last line's too.
        const bool is_whole =
            ended_ || y_ >= size_.height || (y_ == size_.height - 1 && x_ == size_.width);
        if (is_whole) return std::move(indexes_);
        return corrupt("The BMP ends before its picture does.");
    }

  private:
    void put(int index) {
        if (x_ < size_.width && y_ < size_.height) {
            indexes_[static_cast<std::size_t>(y_) * static_cast<std::size_t>(size_.width) +
                     static_cast<std::size_t>(x_)] = static_cast<std::uint8_t>(index);
        }
        if (x_ < size_.width) ++x_;
    }

    void repeat(int count, int value) {
        for (int i = 0; i < count; ++i) {
            put(!nibbles_ ? value : i % 2 == 0 ? value >> 4 : value & 15);
        }
    }

    // Pixels one by one, to a whole number of 16 bits.
    void copy(int count) {
        const int bytes = nibbles_ ? (count + 1) / 2 : count;
        const Bytes values = reader_.take(static_cast<std::uint64_t>(bytes));
        for (int i = 0; i < count && !values.empty(); ++i) {
            const int value =
                std::to_integer<int>(values[static_cast<std::size_t>(nibbles_ ? i / 2 : i)]);
            put(!nibbles_ ? value : i % 2 == 0 ? value >> 4 : value & 15);
        }
        if (bytes % 2 != 0) reader_.skip(1);
    }

    void command(int value) {
        if (value == 0) {
            x_ = 0;
            ++y_;
        } else if (value == 1) {
            ended_ = true;
        } else {
            x_ = std::min(x_ + reader_.u8(), size_.width);
            y_ += reader_.u8();
        }
    }

    const Size size_;
    const bool nibbles_;
    ByteReader reader_;
    std::vector<std::uint8_t> indexes_;
    int x_ = 0;
    int y_ = 0;
    bool ended_ = false;
};

}  // namespace

Result<std::vector<std::uint8_t>> unpack_runs(const BmpHeader& header) {
    return Unpacking(header).run();
}

}  // namespace imagemill::image
