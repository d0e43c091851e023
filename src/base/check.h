// check: states what only a bug can break. On in every build; aborts with the place.
//
// Never on input: input that breaks a rule is an Error (result.h).
#pragma once

namespace imagemill {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace imagemill

#define CHECK(condition)                                               \
    do {                                                               \
        if (!(condition)) [[unlikely]]                                 \
            ::imagemill::check_failed(#condition, __FILE__, __LINE__); \
    } while (false)
