// operation_name: what S3 calls an operation, "PutObject": the name of its type in operation.h.
//
// Threads: pure functions.
#pragma once

#include <string_view>
#include <variant>

#include "local/s3/operation.h"

namespace imagemill::local::s3 {

template <typename Type>
constexpr std::string_view type_name() {
    // GCC: "… [with Type = imagemill::local::s3::PutObject; …]"; clang: "… [Type = …::PutObject]".
    std::string_view text = __PRETTY_FUNCTION__;
    text.remove_prefix(text.find("Type = ") + 7);
    text = text.substr(0, text.find_first_of(";]"));
    return text.substr(text.rfind(':') + 1);
}
static_assert(type_name<PutObject>() == "PutObject");

inline std::string_view name_of(const Call& call) {
    return std::visit([]<typename Type>(const Type&) { return type_name<Type>(); }, call);
}

}  // namespace imagemill::local::s3
