// crc: the cyclic redundancy checks S3 knows, as bytes pass, and of two runs of bytes as one.
//
// Threads: a Crc belongs to one thread at a time; combine is pure.
// Cost:    64 bytes a step where the CPU multiplies without carry (crc_fold.h), else eight: 2 GB/s.
//          combine: O(log bytes), no byte is read.
// Source:  the catalogue of parametrised CRC algorithms: CRC-32/ISO-HDLC, CRC-32/ISCSI,
//          CRC-64/NVME. Slicing by eight: Kounavis and Berry, "A Systematic Approach to Building
//          High Performance, Software-based, CRC Generators". combine: as zlib's crc32_combine.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace imagemill {

// table[k][b]: what the byte b becomes when k more bytes follow it.
using CrcTables = std::array<std::array<std::uint64_t, 256>, 8>;

struct FoldPowers;

// All of them are reflected, with ones before the first byte and after the last.
struct CrcKind {
    std::uint64_t reflected_polynomial;
    int size_bytes;
    const CrcTables* tables;
    const FoldPowers* powers;
};
extern const CrcKind kCrc32;
extern const CrcKind kCrc32c;
extern const CrcKind kCrc64Nvme;

class Crc final {
  public:
    explicit Crc(const CrcKind& kind);

    void update(Bytes bytes);
    // As update, without what only some CPUs have.
    void update_by_tables(Bytes bytes);
    Buffer finish() const;  // Big-endian, as the headers have it.

  private:
    const CrcKind* kind_;  // A constant of the program.
    std::uint64_t value_;
};

// Of a's bytes and b's behind them, where b has `b_bytes`. Values as finish() gives them.
Buffer combine(const CrcKind& kind, Bytes a, Bytes b, std::int64_t b_bytes);

}  // namespace imagemill
