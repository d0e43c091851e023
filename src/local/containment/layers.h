// layers: the two halves of contain(). Private.
#pragma once

#include "local/containment/containment.h"

namespace imagemill::local {

int landlock_abi();
Result<void> restrict_files_and_ports(const ContainmentOptions& options, int abi);

bool has_seccomp();
enum class OpeningFiles { refused, left_to_landlock };
Result<void> restrict_system_calls(OpeningFiles opening);

}  // namespace imagemill::local
