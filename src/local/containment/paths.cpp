#include <link.h>

#include <set>
#include <string_view>

#include "local/containment/containment.h"

namespace imagemill::local {
namespace {

int add_folder(dl_phdr_info* library, std::size_t, void* folders) {
    const std::string_view path = library->dlpi_name;
    const std::size_t slash = path.rfind('/');  // The program itself and the vDSO have none.
    if (slash != path.npos && slash > 0) {
        static_cast<std::set<std::string>*>(folders)->emplace(path.substr(0, slash));
    }
    return 0;
}

}  // namespace

std::vector<std::string> library_paths() {
    std::set<std::string> paths{"/etc/ld.so.cache"};
    ::dl_iterate_phdr(add_folder, &paths);
    return {paths.begin(), paths.end()};
}

std::vector<std::string> font_paths() {
    return {"/etc/fonts", "/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/fontconfig",
            "/var/cache/fontconfig"};
}

}  // namespace imagemill::local
