// Writers side by side, each as fast as it can: files by system calls, or objects through S3.
//
//     bench_writers bare FOLDER SECONDS      write, fsync, rename
//     bench_writers synced FOLDER SECONDS    and fsync of the folder it was renamed into
//     bench_writers digested FOLDER SECONDS  and MD5 (the ETag) and SHA-256 (what was signed)
//     bench_writers s3 PORT BUCKET SECONDS   PutObject, signed; keys in the environment as AWS's
//
// Out: {"count":…,"wall_us":…,"cpu_us":…,"p50_us":…,"p99_us":…} of 16 writers of 64 kB.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "aws/sigv4.h"
#include "base/check.h"
#include "base/digest.h"
#include "base/encodings.h"
#include "base/fd.h"
#include "base/random.h"
#include "net/client.h"

namespace imagemill::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kWriters = 16;
constexpr std::size_t kBodyBytes = 64 * 1024;

// Writes one; `name` is used once.
using Write = std::function<void(const std::string& name)>;

std::int64_t cpu_us() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto us = [](const timeval& time) { return time.tv_sec * 1'000'000 + time.tv_usec; };
    return us(usage.ru_utime) + us(usage.ru_stime);
}

Buffer make_body() {
    Buffer body;
    while (body.size() < kBodyBytes) {
        const Buffer more = random_bytes(256);
        body.insert(body.end(), more.begin(), more.end());
    }
    return body;
}

// What a file must have, beside being written and renamed.
struct Asked {
    bool folder_sync = false;
    bool digests = false;
};

class BareWriter final {
  public:
    BareWriter(std::string folder, Asked asked)
        : folder_(std::move(folder)), asked_(asked), body_(make_body()) {
        ::mkdir((folder_ + "/tmp").c_str(), 0700);
        ::mkdir((folder_ + "/done").c_str(), 0700);
        done_ = Fd(::open((folder_ + "/done").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        CHECK(done_);
    }

    void write(const std::string& name) const {
        if (asked_.digests) CHECK(md5(body_).size() + sha256(body_).size() == 16 + 32);
        const std::string source = folder_ + "/tmp/" + name;
        const Fd file(::open(source.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        CHECK(::write(file.get(), body_.data(), body_.size()) == std::ssize(body_));
        CHECK(::fsync(file.get()) == 0);
        CHECK(::rename(source.c_str(), (folder_ + "/done/" + name).c_str()) == 0);
        if (asked_.folder_sync) CHECK(::fsync(done_.get()) == 0);
    }

  private:
    std::string folder_;
    Asked asked_;
    Buffer body_;
    Fd done_;
};

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    CHECK(value != nullptr);
    return value;
}

class S3Writer final {
  public:
    S3Writer(int port, std::string bucket)
        : endpoint_{.host = "127.0.0.1", .port = port},
          bucket_(std::move(bucket)),
          client_(net::make_client({.idle_connections_max = kWriters})),
          body_(make_body()),
          hash_(format_hex(sha256(body_))) {
        target_.credentials.access_key = variable("AWS_ACCESS_KEY_ID");
        target_.credentials.secret_key = variable("AWS_SECRET_ACCESS_KEY");
    }

    void write(const std::string& name) const {
        const std::string path = "/" + bucket_ + "/" + name;
        net::ClientRequest request{.method = "PUT", .target = path, .body = body_};
        request.headers.set("Host", net::host_header(endpoint_));
        aws::sign("PUT", path, "", request.headers, hash_, target_, system_clock().now());
        const auto answer = client_->send(endpoint_, request);
        if (!answer) std::fprintf(stderr, "%s\n", answer.error().message.c_str());
        CHECK(answer && answer->status == 200);
    }

  private:
    net::Endpoint endpoint_;
    std::string bucket_;
    aws::SigningTarget target_;
    std::unique_ptr<net::Client> client_;
    Buffer body_;
    std::string hash_;
};

std::int64_t us_between(SteadyClock::time_point start, SteadyClock::time_point end) {
    return std::chrono::duration_cast<std::chrono::microseconds>(end - start).count();
}

// What each write took, of all writers, until the time is over.
std::vector<std::int64_t> write_until(SteadyClock::time_point end, const Write& write) {
    std::vector<std::vector<std::int64_t>> took(kWriters);
    std::vector<std::jthread> writers;
    writers.reserve(kWriters);
    for (std::vector<std::int64_t>& mine : took) {
        writers.emplace_back([&mine, end, &write] {
            for (auto now = SteadyClock::now(); now < end;) {
                write(random_hex(16));
                const auto then = std::exchange(now, SteadyClock::now());
                mine.push_back(us_between(then, now));
            }
        });
    }
    writers.clear();
    std::vector<std::int64_t> all;
    for (const auto& mine : took) all.insert(all.end(), mine.begin(), mine.end());
    std::ranges::sort(all);
    return all;
}

std::int64_t percentile(const std::vector<std::int64_t>& sorted, double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

void run(int seconds, const Write& write) {
    const auto start = SteadyClock::now();
    const std::int64_t cpu_before = cpu_us();
    const auto took = write_until(start + std::chrono::seconds(seconds), write);
    std::printf(
        "{\"count\":%zu,\"wall_us\":%lld,\"cpu_us\":%lld,\"p50_us\":%lld,\"p99_us\":%lld}\n",
        took.size(), static_cast<long long>(us_between(start, SteadyClock::now())),
        static_cast<long long>(cpu_us() - cpu_before),
        static_cast<long long>(percentile(took, 0.50)),
        static_cast<long long>(percentile(took, 0.99)));
}

int main_of(const std::vector<std::string>& arguments) {
    const std::map<std::string, Asked> bare = {
        {"bare", {}},
        {"synced", {.folder_sync = true}},
        {"digested", {.folder_sync = true, .digests = true}}};
    if (arguments.size() == 3 && bare.contains(arguments[0])) {
        const BareWriter writer(arguments[1], bare.at(arguments[0]));
        run(std::stoi(arguments[2]), [&](const std::string& name) { writer.write(name); });
        return 0;
    }
    if (arguments.size() == 4 && arguments[0] == "s3") {
        const S3Writer writer(std::stoi(arguments[1]), arguments[2]);
        run(std::stoi(arguments[3]), [&](const std::string& name) { writer.write(name); });
        return 0;
    }
    std::fprintf(stderr,
                 "bench_writers bare|synced|digested FOLDER SECONDS | s3 PORT BUCKET SECONDS\n");
    return 1;
}

}  // namespace
}  // namespace imagemill::bench

int main(int argc, char** argv) {
    return imagemill::bench::main_of({argv + 1, argv + argc});
}
