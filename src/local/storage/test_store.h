// test_store: a store in a directory of its own, for tests: what they say in a line each.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/encodings.h"
#include "base/random.h"
#include "local/storage/disk_store.h"

namespace imagemill::local {

class TestDirectory final {
  public:
    TestDirectory()
        : path_(std::filesystem::temp_directory_path() / ("imagemill-" + random_hex(8))) {
        std::filesystem::create_directories(path_);
    }
    ~TestDirectory() { std::filesystem::remove_all(path_); }
    TestDirectory(const TestDirectory&) = delete;
    TestDirectory& operator=(const TestDirectory&) = delete;

    std::string path(const std::string& name = "") const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

// The files below a folder, without the folders.
inline std::vector<std::string> files_below(const std::string& path) {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) paths.push_back(entry.path().string());
    }
    return paths;
}

inline std::string md5_hex(std::string_view text) {
    return format_hex(md5(as_bytes(text)));
}

inline std::string read_whole(const Fd& file) {
    std::string text(1 << 16, '\0');
    std::string whole;
    for (;;) {
        const ssize_t count = ::read(file.get(), text.data(), text.size());
        if (count <= 0) return whole;
        whole.append(text, 0, static_cast<std::size_t>(count));
    }
}

// While it lives, one of the process's own limits is lower: a full disk, no more files.
class LowerLimit final {
  public:
    LowerLimit(__rlimit_resource which, rlim_t value) : which_(which) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(which_, &former_);
        const rlimit lower = {.rlim_cur = value, .rlim_max = former_.rlim_max};
        setrlimit(which_, &lower);
    }
    ~LowerLimit() { setrlimit(which_, &former_); }
    LowerLimit(const LowerLimit&) = delete;
    LowerLimit& operator=(const LowerLimit&) = delete;

  private:
    __rlimit_resource which_;
    rlimit former_ = {};
};

class TestStore final {
  public:
    explicit TestStore(std::vector<Notification> notifications = {})
        : notifications_(std::move(notifications)) {
        reopen();
        EXPECT_TRUE(store_->create_bucket("photos"));
    }

    std::string dir() const { return directory_.path("data"); }
    DiskStore& operator*() { return *store_; }
    DiskStore* operator->() { return store_.get(); }
    FakeClock& clock() { return clock_; }
    EventQueue& events() { return store_->events(); }
    const Log& log() const { return log_; }
    std::string logged() const {
        const std::lock_guard lock(mutex_);
        return logged_;
    }
    DiskStoreOptions options() const {
        return {.dir = dir(), .region = "eu-central-1", .notifications = notifications_};
    }

    void close() { store_.reset(); }
    void reopen() {
        store_.reset();
        auto opened = open_disk_store(options(), clock_, log_);
        ASSERT_TRUE(opened) << opened.error().message;
        store_ = *std::move(opened);
    }

    // On what goes wrong: its code's name and message.
    std::string put(const std::string& key, std::string_view body,
                    const WriteConditions& conditions = {}) {
        auto upload = store_->begin();
        if (!upload) return said(upload.error());
        const Result<void> written = (*upload)->write(as_bytes(body));
        if (!written) return said(written.error());
        const Origin origin = {.event_name = "ObjectCreated:Put",
                               .source_ip = "127.0.0.1",
                               .principal = "AKIATEST",
                               .request_id = "R1"};
        const auto stored = (*upload)->commit("photos", key, {}, conditions, origin);
        return stored ? stored->etag : said(stored.error());
    }
    std::string get(const std::string& key) {
        const auto opened = store_->open("photos", key);
        return opened ? read_whole(opened->file) : said(opened.error());
    }
    std::string remove(const std::string& key, const WriteConditions& conditions = {}) {
        const Origin origin = {.event_name = "ObjectRemoved:Delete",
                               .source_ip = "127.0.0.1",
                               .principal = "AKIATEST",
                               .request_id = "R2"};
        const auto removed = store_->remove("photos", key, conditions, origin);
        return removed ? "removed" : said(removed.error());
    }
    std::vector<std::string> findings() {
        const auto found = store_->check([](std::int64_t, std::int64_t) {});
        if (!found) return {said(found.error())};
        std::vector<std::string> sentences;
        for (const Finding& finding : *found) sentences.push_back(finding.what);
        return sentences;
    }

    static std::string said(const Error& error) {
        return std::string(name_of(error.code)) + ": " + error.message;
    }

  private:
    TestDirectory directory_;
    FakeClock clock_{Time(Milliseconds(1'800'000'000'000))};
    mutable std::mutex mutex_;
    std::string logged_;  // Guarded by mutex_.
    Log log_{clock_, Level::info, [this](std::string_view line) {
                 const std::lock_guard lock(mutex_);
                 logged_ += line;
             }};
    std::vector<Notification> notifications_;
    std::unique_ptr<DiskStore> store_;
};

}  // namespace imagemill::local
