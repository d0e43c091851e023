// bench_cold COMMAND…: runs a program from start to end and says what it took, as one JSON line on
// standard output; the program's own output goes to standard error.
//
// Small on purpose: a child's peak begins with what its parent had when it was made.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const auto start = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(STDERR_FILENO, STDOUT_FILENO);
        ::execvp(argv[1], argv + 1);
        std::perror(argv[1]);
        ::_exit(127);
    }
    int status = 0;
    rusage usage{};
    if (child < 0 || ::wait4(child, &status, 0, &usage) != child) return 1;
    const auto wall = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - start);
    const auto us = [](const timeval& time) { return time.tv_sec * 1'000'000L + time.tv_usec; };
    std::printf("{\"cpu_us\":%ld,\"wall_us\":%ld,\"peak_bytes\":%ld}\n",
                us(usage.ru_utime) + us(usage.ru_stime), static_cast<long>(wall.count()),
                usage.ru_maxrss * 1024L);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
