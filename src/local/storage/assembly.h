// assembly: the parts of an object brought together in one file, moving as few bytes as can be.
//
// Cost:    in place: nothing but the parts that lie elsewhere. Else every byte, copied by the
//          kernel (copy_file_range: file systems that share blocks copy none).
// Errors:  unavailable (the disk).
// Threads: any; the caller sees to it that nobody writes into `slots_file` (part_slots.h).
#pragma once

#include <string>
#include <vector>

#include "local/storage/multipart_table.h"
#include "local/storage/object_files.h"

namespace imagemill::local {

struct AssemblyPlan {
    // The file of slots becomes the object's. Else a new one is made, and stays to be removed
    // should it become none.
    bool is_in_place = false;
    struct Move {
        std::string file;
        std::int64_t source_bytes = 0;  // Where in it,
        std::int64_t target_bytes = 0;  // and where in the object.
        std::int64_t size_bytes = 0;
    };
    std::vector<Move> moves;
    std::int64_t size_bytes = 0;
    std::int64_t slots_end_bytes = 0;  // The file of slots has at least so many, in place.
};

enum class Slots { free_to_take, to_be_left };

// `rows` in the object's order. Slots that are to be left hold what the object has not, or are
// being written.
AssemblyPlan plan_assembly(const std::vector<PartRow>& rows, const std::string& slots_file,
                           Slots slots);

// The object's file, on the disk and whole, in tmp/.
Result<std::string> assemble(const AssemblyPlan& plan, const std::string& slots_file,
                             const ObjectFiles& files);

}  // namespace imagemill::local
