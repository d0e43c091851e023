#include <array>

#include "body.h"
#include "s3_kinds.h"

namespace imagemill::fuzz {

void fuzz_s3(Bytes input) {
    constexpr std::array kKinds{WireKind{"request", run_request},
                                WireKind{"form", run_form},
                                WireKind{"unsigned-chunks", run_unsigned_chunks},
                                WireKind{"signed-chunks", run_signed_chunks},
                                WireKind{"xml", run_xml},
                                WireKind{"tags", run_tags},
                                WireKind{"copy-source", run_copy_source},
                                WireKind{"token", run_token},
                                WireKind{"range", run_range},
                                WireKind{"conditions", run_conditions}};
    run_kind(kKinds, input);
}

}  // namespace imagemill::fuzz
