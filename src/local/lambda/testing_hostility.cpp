#include "local/lambda/testing_hostility.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <thread>
#include <vector>

namespace imagemill::local {
namespace {

int result_of(long outcome) {
    return outcome < 0 ? errno : 0;
}

int open_path(const json::object& orders, int flags) {
    const std::string path(orders.at("path").as_string());
    return result_of(::open(path.c_str(), flags, 0600));
}

int connect_to(int type, int protocol, const json::object& orders) {
    const int fd = ::socket(AF_INET, type, protocol);
    if (fd < 0) return errno;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(orders.at("port").as_int64()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int result =
        result_of(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
    ::close(fd);
    return result;
}

// To a machine that is not there (RFC 5737): whether there is a way at all.
int connect_out() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) return errno;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(53);
    address.sin_addr.s_addr = htonl(0xC0000201);  // 192.0.2.1
    const int result =
        result_of(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
    ::close(fd);
    return result;
}

int fast_open(const json::object& orders) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(orders.at("port").as_int64()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int result = result_of(::sendto(
        fd, "x", 1, MSG_FASTOPEN, reinterpret_cast<const sockaddr*>(&address), sizeof address));
    ::close(fd);
    return result;
}

int listen_anywhere() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return result_of(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

int fork_once() {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(0);
    if (pid > 0) ::waitpid(pid, nullptr, 0);
    return result_of(pid);
}

int exec_shell() {
    char* arguments[] = {nullptr};
    return result_of(::execve("/bin/true", arguments, arguments));
}

int fork_many(const json::object& orders) {
    std::vector<pid_t> children;
    int result = 0;
    while (result == 0 &&
           static_cast<std::int64_t>(children.size()) < orders.at("count").as_int64()) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            for (;;) ::pause();
        }
        result = result_of(pid);
        if (pid > 0) children.push_back(pid);
    }
    for (const pid_t pid : children) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    return result;
}

int list_folder(const json::object& orders) {
    DIR* const folder = ::opendir(std::string(orders.at("path").as_string()).c_str());
    if (!folder) return errno;
    ::closedir(folder);
    return 0;
}

int look_at(const json::object& orders) {
    struct stat status {};
    return result_of(::stat(std::string(orders.at("path").as_string()).c_str(), &status));
}

int fill_file(const json::object& orders) {
    const int fd = ::open(std::string(orders.at("path").as_string()).c_str(),
                          O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return errno;
    const std::vector<char> piece(1 << 20);
    int result = 0;
    for (std::int64_t left = orders.at("mb").as_int64(); result == 0 && left > 0; --left) {
        result = result_of(::write(fd, piece.data(), piece.size()));
    }
    ::close(fd);
    return result;
}

int connect_abstract(const json::object& orders) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno;
    const std::string name(orders.at("name").as_string());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    const int result = result_of(::connect(fd, reinterpret_cast<const sockaddr*>(&address), size));
    ::close(fd);
    return result;
}

// Threads are no crime.
int start_thread() {
    int done = 1;
    std::thread([&done] { done = 0; }).join();
    return done;
}

// Until it is refused, or by 64 MB beyond what a test's limit is.
int fill_memory(const json::object& orders) {
    constexpr std::size_t kStep = 16 << 20;
    for (std::int64_t left = orders.at("mb").as_int64(); left > 0; left -= 16) {
        void* const memory = ::mmap(nullptr, kStep, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (memory == MAP_FAILED) return errno;
    }
    return 0;
}

[[noreturn]] void be_deaf() {
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_IGN);
    for (;;) ::pause();
}

[[noreturn]] void spin() {
    for (;;) asm volatile("");
}

}  // namespace

std::optional<json::object> try_hostile(const std::string& what, const json::object& orders) {
    std::optional<int> result;
    if (what == "read") result = open_path(orders, O_RDONLY);
    if (what == "write") result = open_path(orders, O_WRONLY | O_CREAT);
    if (what == "connect") result = connect_to(SOCK_STREAM, 0, orders);
    if (what == "connect_out") result = connect_out();
    if (what == "mptcp") result = connect_to(SOCK_STREAM, 262, orders);
    if (what == "udp") result = connect_to(SOCK_DGRAM, 0, orders);
    if (what == "fast_open") result = fast_open(orders);
    if (what == "listen") result = listen_anywhere();
    if (what == "abstract_socket") result = connect_abstract(orders);
    if (what == "stat") result = look_at(orders);
    if (what == "list") result = list_folder(orders);
    if (what == "fill_file") result = fill_file(orders);
    if (what == "fork_many") result = fork_many(orders);
    if (what == "fork") result = fork_once();
    if (what == "exec") result = exec_shell();
    if (what == "thread") result = start_thread();
    if (what == "kill_server") result = result_of(::kill(::getppid(), SIGURG));
    if (what == "trace_server") {
        result = result_of(::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr));
    }
    if (what == "namespace") result = result_of(::syscall(SYS_unshare, 0x10000000));
    if (what == "fill_memory") result = fill_memory(orders);
    if (what == "deaf") be_deaf();
    if (what == "spin") spin();
    if (!result) return std::nullopt;
    return json::object{{"errno", *result}};
}

}  // namespace imagemill::local
