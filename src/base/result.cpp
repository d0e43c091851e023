#include "base/result.h"

namespace imagemill {

std::string_view name_of(Code code) {
    switch (code) {
        case Code::invalid_argument:
            return "invalid_argument";
        case Code::corrupt:
            return "corrupt";
        case Code::too_large:
            return "too_large";
        case Code::unsupported:
            return "unsupported";
        case Code::no_such_key:
            return "no_such_key";
        case Code::no_such_bucket:
            return "no_such_bucket";
        case Code::no_such_upload:
            return "no_such_upload";
        case Code::precondition_failed:
            return "precondition_failed";
        case Code::conflict:
            return "conflict";
        case Code::unauthenticated:
            return "unauthenticated";
        case Code::forbidden:
            return "forbidden";
        case Code::busy:
            return "busy";
        case Code::timeout:
            return "timeout";
        case Code::unavailable:
            return "unavailable";
        case Code::internal:
            return "internal";
    }
    return "internal";
}

}  // namespace imagemill
