#include <dlfcn.h>
#include <sys/auxv.h>

#include <array>
#include <climits>
#include <filesystem>
#include <string>

#include "image/heif_module.h"
#include "image/image.h"
#include "image/vips_module.h"

namespace imagemill::image {
namespace {

template <typename Module>
struct Loaded {
    const Module* module = nullptr;
    std::string why = {};  // Where there is no module.
};

// What a module's file is, and by which function it is entered.
struct ModuleFile {
    const char* file;
    const char* entry;
    std::uint32_t version;
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

template <typename Module>
Loaded<Module> open_module(const std::string& path, const ModuleFile& wanted) {
    void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return {.why = loader_error()};
    // NOLINTNEXTLINE: POSIX gives functions as object pointers.
    const auto entry = reinterpret_cast<const Module* (*)()>(::dlsym(handle, wanted.entry));
    if (entry == nullptr) return {.why = path + " has no entry " + wanted.entry};
    const Module* module = entry();
    if (module->version != wanted.version) {
        return {.why = path + " is of another build (version " + std::to_string(module->version) +
                       ", wanted " + std::to_string(wanted.version) + ")"};
    }
    return {.module = module};
}

std::array<std::filesystem::path, 3> module_directories(const std::filesystem::path& program) {
    return {program / "../lib", program / "lib", program};
}

// Never closed: libvips cannot be started twice in one process.
template <typename Module>
Loaded<Module> load(const ModuleFile& wanted) {
    const std::filesystem::path program = program_directory();
    for (const std::filesystem::path& directory : module_directories(program)) {
        std::error_code error;
        const std::filesystem::path file = directory / wanted.file;
        if (std::filesystem::exists(file, error)) return open_module<Module>(file.string(), wanted);
    }
    return {.why = std::string(wanted.file) + " is neither in ../lib nor in lib beside " +
                   program.string()};
}

}  // namespace

std::vector<std::string> engine_files(const std::string& program) {
    const std::filesystem::path directory =
        program.empty() ? program_directory() : std::filesystem::path(program).parent_path();
    std::vector<std::string> files;
    for (const std::filesystem::path& place : module_directories(directory)) {
        std::error_code error;
        if (!std::filesystem::exists(place / kVipsModuleFile, error)) continue;
        for (const auto& entry : std::filesystem::directory_iterator(place, error)) {
            const std::string name = entry.path().filename();
            if (name.find(".so") != name.npos) files.push_back(entry.path().string());
        }
        break;
    }
    return files;
}

Result<const VipsModule*> vips_module() {
    static const auto loaded =
        load<VipsModule>({kVipsModuleFile, kVipsModuleEntry, kVipsModuleVersion});
    if (loaded.module != nullptr) return loaded.module;
    return Error{.code = Code::unavailable,
                 .message = "The image engine cannot be loaded: " + loaded.why + "."};
}

Result<const HeifModule*> heif_module() {
    static const auto loaded =
        load<HeifModule>({kHeifModuleFile, kHeifModuleEntry, kHeifModuleVersion});
    if (loaded.module != nullptr) return loaded.module;
    return Error{.code = Code::unsupported,
                 .message =
                     "The picture is a HEIC, whose decoder (libde265, an optional module) is "
                     "not installed here: " +
                     loaded.why +
                     ". An iPhone can send it as JPEG (Settings, Camera, Formats, Most "
                     "Compatible)."};
}

}  // namespace imagemill::image
