// launcher: what AWS Lambda starts as `bootstrap`. The program behind it comes with the C library
// it was built against, and the loader that goes with it, so whatever the machine has does not
// matter: this one is linked statically, and does nothing but start that loader on that program.
#include <sys/auxv.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

int main(int, char** argv) {
    // NOLINTNEXTLINE: getauxval gives addresses as numbers.
    const auto* self = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
    const std::string path = self == nullptr ? argv[0] : self;
    const std::size_t slash = path.rfind('/');
    const std::string lib = (slash == std::string::npos ? "." : path.substr(0, slash)) + "/lib";
    std::string loader = lib + "/loader";
    std::string libraries = lib;
    std::string program = lib + "/bootstrap";
    std::string name = "bootstrap";
    std::array<char, 15> option{"--library-path"};
    std::array<char, 8> argv0{"--argv0"};
    const std::array<char*, 7> arguments{loader.data(), option.data(), libraries.data(),
                                         argv0.data(),  name.data(),   program.data(),
                                         nullptr};
    ::execv(loader.c_str(), arguments.data());
    std::fprintf(stderr, "bootstrap: %s cannot be started: %s\n", loader.c_str(),
                 std::strerror(errno));
    return 127;
}
