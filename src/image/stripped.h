// stripped: what a source said of people and places that some output does not say any more.
//
// Shapes:  Kinds by name, as Rendered::stripped has them. Found in the files themselves, so it is
//          what really is and is not there.
// Threads: pure function.
// Cost:    a walk over each file's segments; where the source says nothing, only over the source's.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "image/image.h"
#include "image/probe/metadata.h"

namespace imagemill::image {

std::vector<std::string> find_stripped(const FoundMetadata& source,
                                       std::span<const Output> outputs);

}  // namespace imagemill::image
