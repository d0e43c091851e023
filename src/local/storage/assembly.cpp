#include "local/storage/assembly.h"

#include <optional>
#include <utility>

#include "local/storage/files.h"

namespace imagemill::local {
namespace {

Result<void> move_bytes(const AssemblyPlan::Move& move, const Fd& target,
                        const std::string& target_path, const ObjectFiles& files) {
    const std::optional<Fd> source = TRY(files.open_for_reading(move.file));
    if (!source) {
        return Error{Code::unavailable, "The bytes of a part, " + files.path_in_tmp(move.file) +
                                            ", are missing on this server's disk."};
    }
    return copy_range({.source = *source,
                       .source_bytes = move.source_bytes,
                       .target = target,
                       .target_bytes = move.target_bytes,
                       .size_bytes = move.size_bytes},
                      target_path);
}

Result<void> write_object(const AssemblyPlan& plan, const Fd& target, const std::string& path,
                          const ObjectFiles& files) {
    for (const AssemblyPlan::Move& move : plan.moves) {
        TRY(move_bytes(move, target, path, files));
    }
    TRY(cut_file(target, plan.size_bytes, path));
    return sync_file(target, path);
}

}  // namespace

AssemblyPlan plan_assembly(const std::vector<PartRow>& rows, const std::string& slots_file,
                           Slots slots) {
    AssemblyPlan plan;
    bool is_any_in_place = false;
    bool is_any_misplaced = false;
    std::vector<AssemblyPlan::Move> others;
    for (const PartRow& row : rows) {
        const AssemblyPlan::Move move = {.file = row.file,
                                         .source_bytes = row.offset_bytes,
                                         .target_bytes = plan.size_bytes,
                                         .size_bytes = row.part.size_bytes};
        plan.moves.push_back(move);
        if (row.file != slots_file) {
            others.push_back(move);
        } else if (row.offset_bytes == plan.size_bytes) {
            is_any_in_place = true;
            plan.slots_end_bytes = plan.size_bytes + row.part.size_bytes;
        } else {
            is_any_misplaced = true;
        }
        plan.size_bytes += row.part.size_bytes;
    }
    plan.is_in_place = slots == Slots::free_to_take && is_any_in_place && !is_any_misplaced;
    if (plan.is_in_place) plan.moves = std::move(others);
    return plan;
}

Result<std::string> assemble(const AssemblyPlan& plan, const std::string& slots_file,
                             const ObjectFiles& files) {
    if (plan.is_in_place) {
        const std::string path = files.path_in_tmp(slots_file);
        const std::optional<Fd> target = TRY(files.open_for_writing(slots_file));
        if (!target || TRY(size_of(*target, path)) < plan.slots_end_bytes) {
            return Error{Code::unavailable,
                         "The parts' file " + path + " is missing or cut on this server's disk."};
        }
        TRY(write_object(plan, *target, path, files));
        return slots_file;
    }
    std::string id = ObjectFiles::make_id();
    const Fd target = TRY(files.create(id));
    Result<void> written = write_object(plan, target, files.path_in_tmp(id), files);
    if (written) written = files.sync_tmp();
    if (!written) {
        (void)files.remove(id);  // Failing, it leaves a file that the next start sweeps.
        return written.error();
    }
    return id;
}

}  // namespace imagemill::local
