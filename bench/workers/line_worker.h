// line_worker: a process that does one job a line and says what each cost.
//
// Shapes:  In:  {"file":"a.jpg","format":"webp","quality":75,"boxes":[800],"out":"b.webp"}
//          "effort" may be there, too; PNG alone asks for it, 6 is compression 6 with the filter
//          chosen for each row.
//          Out: {"cpu_us":…,"wall_us":…,"bytes":[…],"stages_us":{…}}, or {"error":"…"}.
//          The file is read before the clock starts and the first output written after it stops,
//          so that a disk is never measured; `out` may be "".
// Units:   Microseconds of the whole process, all its threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace imagemill::bench {

struct Task {
    Bytes input;
    std::string format;
    int quality = 75;
    std::optional<int> effort = {};  // None: the library's default.
    std::vector<int> boxes;          // One output each, inside box×box, never enlarged.
};

struct Done {
    std::vector<Buffer> outputs = {};
    std::vector<std::pair<std::string, std::int64_t>> stages_us = {};  // Where that is known.
};

using Work = Result<Done> (*)(const Task& task);

// Until standard input ends.
int work_by_line(Work work);

}  // namespace imagemill::bench
