// Which instruction sets this machine has: the two functions that Highway's dispatch takes from its
// library. The library itself measures the machine's clock while it is loaded, which cost a cold
// process a tenth of its time.
//
// Source: hwy/targets.h (declarations), hwy/ops/set_macros-inl.h (what a target may use).
#include <hwy/targets.h>

#include <cstdint>

namespace hwy {

std::int64_t SupportedTargets() {
    std::int64_t targets = HWY_STATIC_TARGET;  // On arm64 NEON, which all have.
#if HWY_ARCH_X86
    // F16C is not asked for: every processor with AVX2 has it.
    __builtin_cpu_init();
    const bool has_sse4 = __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("sse4.2") &&
                          __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("aes") &&
                          __builtin_cpu_supports("pclmul");
    if (!has_sse4) return targets;
    targets |= HWY_SSE4;
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                          __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    if (has_avx2) targets |= HWY_AVX2;
#endif
    return targets;
}

ChosenTarget& GetChosenTarget() {
    static ChosenTarget chosen;
    return chosen;
}

}  // namespace hwy
