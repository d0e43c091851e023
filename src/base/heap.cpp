#include "base/heap.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace imagemill {
namespace {

constexpr int kMegabyte = 1 << 20;
constexpr std::uintptr_t kLargePage = std::uintptr_t{2} * kMegabyte;
constexpr int kMappedFrom = 32 * kMegabyte;  // The most that malloc allows.
constexpr int kReserved = 64 * kMegabyte;    // Addresses, not memory.
constexpr int kStep = kMegabyte;
constexpr int kKeptByThreads = 16 * kMegabyte;  // Of each of their heaps.

std::uintptr_t heap_end() {
    return reinterpret_cast<std::uintptr_t>(sbrk(0));
}

}  // namespace

void prepare_heap() {
    mallopt(M_MMAP_THRESHOLD, kMappedFrom);
    mallopt(M_TRIM_THRESHOLD, kReserved);

    // More than the heap has left, so that it grows by what it shall reserve.
    mallopt(M_TOP_PAD, kReserved);
    const std::uintptr_t before = heap_end();
    void* volatile grown = std::malloc(kMegabyte);
    std::free(grown);
    mallopt(M_TOP_PAD, kStep);

    const std::uintptr_t begin = (before + kLargePage - 1) / kLargePage * kLargePage;
    const std::uintptr_t end = heap_end();
    // An advice: the heap is as good without.
    if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

void prepare_heaps_of_threads() {
    constexpr int kArenasMax = 4;
    mallopt(M_ARENA_MAX, kArenasMax);
    mallopt(M_MMAP_THRESHOLD, kMappedFrom);
    mallopt(M_TRIM_THRESHOLD, kKeptByThreads);
}

}  // namespace imagemill
