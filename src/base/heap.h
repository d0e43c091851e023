// heap: how this process's memory comes from the system: in large pages, and kept when freed.
//
// Shapes:  A program that works on pictures touches a megabyte here and one there, page by page of
//          4 KB, and each first touch is a trip into the kernel: half a microsecond on a bare
//          machine, ten or more in a virtual one (which is where functions run).
// Threads: before there is a second one.
// Cost:    up to 2 MB more resident. Where the kernel never gives large pages
//          (/sys/kernel/mm/transparent_hugepage), only the part about keeping has an effect.
// Source:  mallopt(3), madvise(2).
#pragma once

namespace imagemill {

void prepare_heap();
// For a server of many threads: a few heaps, of which each keeps up to 16 MB of what is freed.
void prepare_heaps_of_threads();

}  // namespace imagemill
