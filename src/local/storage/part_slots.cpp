#include "local/storage/part_slots.h"

#include <utility>

#include "base/check.h"
#include "local/storage/object_files.h"

namespace imagemill::local {
namespace {

// A slot of less would be the last part's, come first, and of no use to the others.
constexpr std::int64_t kSlotBytesMin = INT64_C(5) << 20;
// Common file systems end at 16 TiB.
constexpr std::int64_t kSlotsEndMax = INT64_C(8) << 40;

PartPlace own_file() {
    return {.file = ObjectFiles::make_id()};
}

}  // namespace

PartPlace PartSlots::claim(const UploadRow& row, int number, std::int64_t size_bytes,
                           bool has_row) {
    CHECK(number >= 1 && number <= kPartNumberMax);
    const std::lock_guard lock(mutex_);
    State& state = states_[row.upload.ref.id];
    if (state.file.empty() && !row.slots_file.empty()) {
        state.file = row.slots_file;
        state.slot_bytes = row.slot_bytes;
    }
    const bool is_first = state.file.empty();
    const std::int64_t slot_bytes = is_first ? size_bytes : state.slot_bytes;
    const auto index = static_cast<std::size_t>(number - 1);
    const bool is_taken = index < state.taken.size() && state.taken[index];
    const bool fits = slot_bytes >= kSlotBytesMin && size_bytes <= slot_bytes && size_bytes > 0 &&
                      slot_bytes <= kSlotsEndMax / number;
    if (has_row || is_taken || !fits || state.assemblers > 0 || state.is_gone) {
        tidy(row.upload.ref.id);
        return own_file();
    }

    if (is_first) {
        state.file = ObjectFiles::make_id();
        state.slot_bytes = slot_bytes;
    }
    if (state.taken.size() <= index) state.taken.resize(index + 1);
    state.taken[index] = true;
    ++state.writers;
    return {.file = state.file,
            .offset_bytes = slot_bytes * static_cast<std::int64_t>(index),
            .slot_bytes = slot_bytes};
}

void PartSlots::release(const std::string& upload_id, int number, bool is_kept) {
    const std::lock_guard lock(mutex_);
    const auto found = states_.find(upload_id);
    if (found == states_.end()) return;
    --found->second.writers;
    if (!is_kept) found->second.taken[static_cast<std::size_t>(number - 1)] = false;
    tidy(upload_id);
}

std::string PartSlots::forget(const std::string& upload_id) {
    const std::lock_guard lock(mutex_);
    const auto found = states_.find(upload_id);
    if (found == states_.end()) return "";
    found->second.is_gone = true;
    std::string file = found->second.file;
    tidy(upload_id);
    return file;
}

void PartSlots::tidy(const std::string& upload_id) {
    const auto found = states_.find(upload_id);
    if (found == states_.end()) return;
    const State& state = found->second;
    const bool is_needed = !state.is_gone && !state.file.empty();
    if (!is_needed && state.writers == 0 && state.assemblers == 0) states_.erase(found);
}

PartSlots::Assembling::Assembling(PartSlots& slots, std::string upload_id)
    : slots_(slots), upload_id_(std::move(upload_id)) {
    std::unique_lock lock(slots_.mutex_);
    State& state = slots_.states_[upload_id_];
    ++state.assemblers;
    slots_.turn_.wait(lock, [&] { return !state.is_assembled_now; });
    state.is_assembled_now = true;
    is_quiet_ = state.writers == 0;
}

PartSlots::Assembling::~Assembling() {
    const std::lock_guard lock(slots_.mutex_);
    State& state = slots_.states_[upload_id_];
    state.is_assembled_now = false;
    --state.assemblers;
    slots_.turn_.notify_all();
    slots_.tidy(upload_id_);
}

}  // namespace imagemill::local
