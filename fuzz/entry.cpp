// libFuzzer's way in, compiled once for each target with the name of its body.
#include <cstddef>
#include <cstdint>

#include "body.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    imagemill::fuzz::IMAGEMILL_FUZZ_BODY(std::as_bytes(std::span(data, size)));
    return 0;
}
