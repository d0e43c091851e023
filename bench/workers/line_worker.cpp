#include "line_worker.h"

#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/json.h"

namespace imagemill::bench {
namespace {

std::int64_t cpu_us() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto us = [](const timeval& time) { return time.tv_sec * 1'000'000 + time.tv_usec; };
    return us(usage.ru_utime) + us(usage.ru_stime);
}

std::string read_file(const std::string& path) {
    // Into room for all of it, as the programs that are measured read.
    std::ifstream file(path, std::ios::binary);
    std::string input(std::filesystem::file_size(path), '\0');
    file.read(input.data(), static_cast<std::streamsize>(input.size()));
    return input;
}

Result<json::object> work_on(Work work, const std::string& line) {
    const json::value document = TRY(parse_json(line));
    const JsonReader job(document);
    const JsonReader file = TRY(job.at("file"));
    const std::string input = read_file(TRY(file.string()));
    Task task{.input = as_bytes(input), .format = {}, .boxes = {}};
    task.format = TRY(TRY(job.at("format")).string());
    task.quality = static_cast<int>(TRY(TRY(job.at("quality")).integer(1, 100)));
    if (const auto effort = TRY(job.find("effort"))) {
        task.effort = static_cast<int>(TRY(effort->integer(0, 9)));
    }
    for (const JsonReader& box : TRY(TRY(job.at("boxes")).elements())) {
        task.boxes.push_back(static_cast<int>(TRY(box.integer(1, 100'000))));
    }

    const std::int64_t cpu_before = cpu_us();
    const auto start = std::chrono::steady_clock::now();
    const Done done = TRY(work(task));
    const auto took = std::chrono::steady_clock::now() - start;
    const std::int64_t cpu = cpu_us() - cpu_before;

    json::object stages;
    for (const auto& [stage, us] : done.stages_us) stages[stage] = us;
    json::array sizes;
    for (const Buffer& output : done.outputs) sizes.push_back(output.size());
    if (const std::string out = TRY(TRY(job.at("out")).string()); !out.empty()) {
        const std::string_view text = as_text(done.outputs.front());
        std::ofstream(out, std::ios::binary)
            .write(text.data(), static_cast<std::streamsize>(text.size()));
    }
    return json::object{
        {"cpu_us", cpu},
        {"wall_us", std::chrono::duration_cast<std::chrono::microseconds>(took).count()},
        {"bytes", std::move(sizes)},
        {"stages_us", std::move(stages)}};
}

}  // namespace

int work_by_line(Work work) {
    for (std::string line; std::getline(std::cin, line);) {
        const auto answer = work_on(work, line);
        std::cout << json::serialize(answer ? *answer
                                            : json::object{{"error", answer.error().message}})
                  << std::endl;
    }
    return 0;
}

}  // namespace imagemill::bench
