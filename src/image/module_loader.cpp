#include <dlfcn.h>
#include <sys/auxv.h>

#include <array>
#include <climits>
#include <filesystem>
#include <string>

#include "image/vips_module.h"

namespace imagemill::image {
namespace {

struct Loaded {
    const VipsModule* module = nullptr;
    std::string why = {};  // Where there is no module.
};

// Where this program lies. Not every sandbox shows /proc; the kernel told the name once.
std::filesystem::path program_directory() {
    std::error_code error;
    std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) {
        // NOLINTNEXTLINE: getauxval gives addresses as numbers.
        const auto* name = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
        program = std::filesystem::absolute(name == nullptr ? "." : name, error);
    }
    return program.parent_path();
}

std::string loader_error() {
    const char* message = ::dlerror();
    return message == nullptr ? "no reason given" : message;
}

Loaded open_module(const std::string& path) {
    void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return {.why = loader_error()};
    // NOLINTNEXTLINE: POSIX gives functions as object pointers.
    const auto entry = reinterpret_cast<VipsModuleEntry>(::dlsym(handle, kVipsModuleEntry));
    if (entry == nullptr) return {.why = path + " has no entry " + kVipsModuleEntry};
    const VipsModule* module = entry();
    if (module->version != kVipsModuleVersion) {
        return {.why = path + " is of another build (version " + std::to_string(module->version) +
                       ", wanted " + std::to_string(kVipsModuleVersion) + ")"};
    }
    return {.module = module};
}

// Never closed: libvips cannot be started twice in one process.
Loaded load() {
    const std::filesystem::path program = program_directory();
    const std::array directories{program / "../lib", program / "lib", program};
    for (const std::filesystem::path& directory : directories) {
        std::error_code error;
        const std::filesystem::path file = directory / kVipsModuleFile;
        if (std::filesystem::exists(file, error)) return open_module(file.string());
    }
    return {.why = std::string(kVipsModuleFile) + " is neither in ../lib nor in lib beside " +
                   program.string()};
}

}  // namespace

Result<const VipsModule*> vips_module() {
    static const Loaded loaded = load();
    if (loaded.module != nullptr) return loaded.module;
    return Error{.code = Code::unavailable,
                 .message = "The image engine cannot be loaded: " + loaded.why + "."};
}

}  // namespace imagemill::image
