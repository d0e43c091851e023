// part_slots: where the parts of uploads are written, so that most need never be moved.
//
// Shapes:  An upload has one file of slots of one size: part N lies at (N - 1) x size, where the
//          object will have it when all parts but the last are of that size. The first part to come
//          sets the size. What does not fit a slot, is of a number that has one in use, or comes
//          while the object is put together, gets a file of its own.
//          A slot is given to one writer only, ever, as long as the server runs; what is
//          acknowledged in it is never written again. It is free again when its writer gives up.
//          assembling: one thread at a time puts an upload together; no new slots meanwhile.
// Threads: any.
// Cost:    a bit per part that is or was under way; lost with a restart, which loses nothing: then
//          nobody writes, and a part with a row gets no slot.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "local/storage/multipart_table.h"

namespace imagemill::local {

struct PartPlace {
    std::string file;
    std::int64_t offset_bytes = 0;
    std::int64_t slot_bytes = 0;  // 0: a file of its own.
};

class PartSlots final {
  public:
    // For part `number` of `size_bytes`; `has_row`: it was uploaded before. A row that was read
    // before may be no more: whoever gets a slot looks again before writing.
    PartPlace claim(const UploadRow& row, int number, std::int64_t size_bytes, bool has_row);
    // The writer of a slot is done: it holds the part, or (`is_kept` false) nothing.
    void release(const std::string& upload_id, int number, bool is_kept);
    // The upload is no more. Returns its file of slots, or nothing; a row may never have named it.
    std::string forget(const std::string& upload_id);

    // While it lives, no other thread puts this upload together. Waits for one that does.
    class Assembling final {
      public:
        Assembling(PartSlots& slots, std::string upload_id);
        ~Assembling();
        Assembling(const Assembling&) = delete;
        Assembling& operator=(const Assembling&) = delete;

        // Nobody writes into the file of slots, now or from now on.
        bool is_quiet() const { return is_quiet_; }

      private:
        PartSlots& slots_;  // Outlives it.
        std::string upload_id_;
        bool is_quiet_ = false;
    };

  private:
    struct State {
        std::string file;
        std::int64_t slot_bytes = 0;
        std::vector<bool> taken;  // By number - 1.
        int writers = 0;
        int assemblers = 0;  // With those that wait.
        bool is_assembled_now = false;
        bool is_gone = false;
    };
    // Erases a state that nobody needs any more. Under mutex_.
    void tidy(const std::string& upload_id);

    std::mutex mutex_;
    std::condition_variable turn_;
    std::map<std::string, State> states_;  // Of uploads whose parts came. Guarded by mutex_.
};

}  // namespace imagemill::local
