// line_worker: a process that does one job a line and says what each cost.
//
// Shapes:  In:  {"file":"a.jpg","format":"webp","quality":75,"boxes":[800],"out":"b.webp"}
//          Out: {"cpu_us":…,"wall_us":…,"bytes":[…]}, or {"error":"…"}.
//          The file is read before the clock starts and the first output written after it stops,
//          so that a disk is never measured; `out` may be "".
// Units:   Microseconds of the whole process, all its threads.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace imagemill::bench {

struct Task {
    Bytes input;
    std::string format;
    int quality = 75;
    std::vector<int> boxes;  // One output each, inside box×box, never enlarged.
};

using Work = Result<std::vector<Buffer>> (*)(const Task& task);

// Until standard input ends.
int work_by_line(Work work);

}  // namespace imagemill::bench
