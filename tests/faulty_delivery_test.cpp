// The pipeline under a queue that misbehaves: real store, real S3 service, real pool and bootstrap;
// events come in another order and one in ten comes twice. Every picture ends ready, once, as its
// newest version. And one that no attempt can finish ends failed, with the reason.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "aws/s3_store.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "functions/manifest.h"
#include "functions/recipes.h"
#include "local/lambda/logs.h"
#include "local/lambda/pool.h"
#include "local/s3/keys.h"
#include "local/s3/service.h"
#include "local/storage/disk_store.h"
#include "net/client.h"
#include "net/server.h"

namespace imagemill {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSource = "image-upload-source-bucket";
constexpr const char* kDestination = "image-resized-output-bucket";
constexpr const char* kProcessor = "image-resize-processor";
constexpr const char* kApi = "image-upload-handler";
constexpr int kPictures = 200;
constexpr int kClients = 16;
constexpr Milliseconds kPatience{300'000};

// Hands out waiting events in random order, and one in ten a second time.
class FaultyQueue final : public local::EventQueue {
  public:
    FaultyQueue(local::EventQueue& queue, unsigned seed) : queue_(queue), random_(seed) {}

    Result<std::optional<local::QueuedEvent>> take(const std::string& function) override {
        const std::lock_guard lock(mutex_);
        std::vector<local::QueuedEvent>& held = held_[function];
        while (held.size() < 20) {
            auto event = TRY(queue_.take(function));
            if (!event) break;
            held.push_back(*std::move(event));
        }
        if (held.empty()) return std::optional<local::QueuedEvent>();
        std::swap(held[random_() % held.size()], held.back());
        local::QueuedEvent event = std::move(held.back());
        held.pop_back();
        const bool again = random_() % 10 == 0;
        if (again) {
            ++duplicates_;
            TRY(queue_.add(function, event.payload));
        }
        return std::optional(std::move(event));
    }
    Result<std::optional<Time>> next_due(const std::string& function) override {
        const std::lock_guard lock(mutex_);
        if (!held_[function].empty()) return std::optional(Time(Milliseconds(0)));
        return queue_.next_due(function);
    }

    Result<std::string> add(const std::string& function, const std::string& payload,
                            const local::AddOptions& options) override {
        return queue_.add(function, payload, options);
    }
    Result<void> add_all(const std::string& function, const std::vector<std::string>& payloads,
                         const local::AddOptions& options) override {
        return queue_.add_all(function, payloads, options);
    }
    Result<void> done(std::int64_t id) override { return queue_.done(id); }
    Result<void> retry(std::int64_t id, Time due) override { return queue_.retry(id, due); }
    Result<void> put_back(std::int64_t id) override { return queue_.put_back(id); }
    Result<void> bury(std::int64_t id, const local::Burial& burial) override {
        return queue_.bury(id, burial);
    }
    Result<local::QueueCounts> counts(const std::string& function) override {
        return queue_.counts(function);
    }
    Result<std::vector<local::DeadLetter>> dead_letters(int count_max) override {
        return queue_.dead_letters(count_max);
    }
    Result<std::vector<local::ListedEvent>> list(const local::EventQuery& query) override {
        return queue_.list(query);
    }
    Result<std::int64_t> redrive(const local::EventSelection& selection) override {
        return queue_.redrive(selection);
    }
    Result<std::int64_t> remove(const local::EventSelection& selection) override {
        return queue_.remove(selection);
    }
    Result<std::int64_t> trim(const std::string& function, std::int64_t count_max) override {
        return queue_.trim(function, count_max);
    }
    void on_added(std::function<void()> callback) override { queue_.on_added(std::move(callback)); }

    int duplicates() const { return duplicates_; }

  private:
    local::EventQueue& queue_;
    std::mutex mutex_;  // Guards what is below.
    std::mt19937 random_;
    std::map<std::string, std::vector<local::QueuedEvent>> held_;
    std::atomic<int> duplicates_ = 0;
};

// Small photographs of Debian's mate-backgrounds, made different by a comment in each.
Buffer picture(int index, int version) {
    static const std::vector<std::string> photos = [] {
        std::vector<std::string> found;
        for (const auto& entry : fs::recursive_directory_iterator("/usr/share/backgrounds/mate")) {
            if (entry.path().extension() != ".jpg" || entry.file_size() > 300'000) continue;
            std::ifstream file(entry.path(), std::ios::binary);
            found.emplace_back(std::istreambuf_iterator<char>(file),
                               std::istreambuf_iterator<char>());
        }
        std::ranges::sort(found);
        return found;
    }();
    const std::string note = std::to_string(index) + "/" + std::to_string(version);
    std::string comment{'\xFF', '\xFE', '\0', static_cast<char>(note.size() + 2)};
    std::string photo = photos.at(static_cast<std::size_t>(index + version) % photos.size());
    photo.insert(2, comment + note);
    return to_buffer(photo);
}

// Everything but the gateway.
class World final {
  public:
    explicit World(Milliseconds processor_timeout = kPatience) {
        auto listener = net::bind_listener("127.0.0.1", 0);
        EXPECT_TRUE(listener);
        endpoint_ = "http://127.0.0.1:" + std::to_string(listener->port);
        auto opened = local::open_disk_store(
            {.dir = dir_.string(), .notifications = {{kSource, "ObjectCreated:", kProcessor}}},
            system_clock(), log_);
        EXPECT_TRUE(opened) << opened.error().message;
        disk_ = *std::move(opened);
        for (const char* bucket : {kSource, kDestination})
            EXPECT_TRUE(disk_->create_bucket(bucket));
        keys_ = std::make_unique<local::Keys>(*local::load_root_key(dir_.string()),
                                              std::vector<local::FunctionGrants>());
        const local::s3::ServiceOptions service{
            .hosts = http::Hosts({"127.0.0.1"}), .cors_origins = {}, .public_url = {}};
        s3_ = *net::make_server(
            *std::move(listener), {},
            local::s3::make_service(service, *disk_, *keys_, system_clock(), log_), log_);
        queue_ = std::make_unique<FaultyQueue>(disk_->events(), 7);
        logs_ = local::make_logs(dir_.string() + "/logs", INT64_C(1) << 20);
        pool_ = *local::make_pool(
            {.bootstrap = IMAGEMILL_BOOTSTRAP, .functions = {processor(processor_timeout), api()}},
            *queue_, *logs_, system_clock(), log_);
        store_ =
            *aws::make_s3_store({.endpoint = endpoint_}, keys_->root(), *client_, system_clock());
    }
    ~World() {
        pool_->stop(Milliseconds(5'000));
        s3_->stop();
        disk_.reset();
        fs::remove_all(dir_);
    }

    store::ObjectStore& store() { return *store_; }
    FaultyQueue& queue() { return *queue_; }

    // Until nothing waits and nothing runs, of either function. Patience lasts as long as there is
    // progress: fewer events than ever.
    bool settles() {
        std::int64_t least = std::numeric_limits<std::int64_t>::max();
        SteadyTime deadline = system_clock().steady() + kPatience;
        while (system_clock().steady() < deadline) {
            const std::int64_t left = events_left();
            if (left == 0) return true;
            if (left < least) deadline = system_clock().steady() + kPatience;
            least = std::min(least, left);
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        return false;
    }

  private:
    std::int64_t events_left() {
        std::int64_t left = 0;
        for (const char* function : {kProcessor, kApi}) {
            const auto counts = queue_->counts(function);
            left += counts ? counts->waiting + counts->running : 1;
        }
        return left;
    }
    local::FunctionConfig function(const char* name, const char* handler) const {
        return {.name = name,
                .handler = handler,
                .environment = {{"AWS_ACCESS_KEY_ID", keys_->root().access_key},
                                {"AWS_SECRET_ACCESS_KEY", keys_->root().secret_key},
                                {"AWS_ENDPOINT_URL_S3", endpoint_}}};
    }
    local::FunctionConfig processor(Milliseconds timeout) const {
        local::FunctionConfig config = function(kProcessor, "processor");
        config.instances_max = 3;
        config.timeout = timeout;
        config.retry_delay = Milliseconds(10);
        config.on_failure = kApi;
        return config;
    }
    local::FunctionConfig api() const { return function(kApi, "api"); }

    const fs::path dir_ = fs::temp_directory_path() / ("imagemill-faulty-" + random_hex(6));
    const Log log_{system_clock(), Level::error, fd_sink(2)};
    std::unique_ptr<net::Client> client_ = net::make_client({});
    std::string endpoint_;
    std::unique_ptr<local::DiskStore> disk_;
    std::unique_ptr<local::Keys> keys_;
    std::unique_ptr<FaultyQueue> queue_;
    std::unique_ptr<local::Logs> logs_;
    std::unique_ptr<net::Server> s3_;
    std::unique_ptr<local::FunctionPool> pool_;
    std::unique_ptr<store::ObjectStore> store_;
};

std::string key_of(int index) {
    return "photo-" + std::to_string(index) + ".jpg";
}

TEST(FaultyDelivery, TwoHundredPicturesEndReadyAsTheirNewestVersion) {
    World world;

    std::vector<std::string> etags(kPictures);
    {
        std::atomic<int> next = 0;
        std::vector<std::jthread> clients;
        for (int client = 0; client < kClients; ++client) {
            clients.emplace_back([&] {
                for (int i = next++; i < kPictures; i = next++) {
                    // One in five is overwritten at once, while its first event is on its way.
                    for (int version = 0; version < (i % 5 == 0 ? 2 : 1); ++version) {
                        const auto etag =
                            world.store().put({kSource, key_of(i)}, picture(i, version), {});
                        ASSERT_TRUE(etag) << etag.error().message;
                        etags[static_cast<std::size_t>(i)] = *etag;
                    }
                }
            });
        }
    }
    ASSERT_TRUE(world.settles());

    EXPECT_GT(world.queue().duplicates(), 0);
    std::set<std::string> expected;
    for (int i = 0; i < kPictures; ++i) {
        const std::string manifest_key = functions::manifest_key(key_of(i));
        const auto object = world.store().get({kDestination, manifest_key}, {});
        ASSERT_TRUE(object) << key_of(i) << ": " << object.error().message;
        const auto manifest = functions::parse_manifest(as_text(object->body));
        ASSERT_TRUE(manifest) << manifest.error().message;
        EXPECT_EQ(manifest->status, functions::Status::ready);
        EXPECT_EQ(manifest->source.etag, etags[static_cast<std::size_t>(i)]) << key_of(i);
        ASSERT_EQ(manifest->renditions.size(), 1U);
        const functions::Rendition& rendition = manifest->renditions[0];
        const auto head = world.store().head({kDestination, rendition.key});
        ASSERT_TRUE(head);
        EXPECT_EQ(head->etag, rendition.etag);
        expected.insert({manifest_key, rendition.key});
    }
    std::set<std::string> found;
    std::string token;
    do {
        const auto page = world.store().list(kDestination, {.token = token});
        ASSERT_TRUE(page) << page.error().message;
        for (const auto& entry : page->entries) found.insert(entry.key);
        token = page->next_token;
    } while (!token.empty());
    EXPECT_EQ(found, expected);
}

TEST(FaultyDelivery, APictureNoAttemptCanFinishEndsFailedWithTheReason) {
    World world(Milliseconds(1));

    const auto etag = world.store().put({kSource, "slow.jpg"}, picture(0, 0), {});
    ASSERT_TRUE(etag) << etag.error().message;
    ASSERT_TRUE(world.settles());

    const auto object = world.store().get({kDestination, functions::manifest_key("slow.jpg")}, {});
    ASSERT_TRUE(object) << object.error().message;
    const auto manifest = functions::parse_manifest(as_text(object->body));
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(manifest->status, functions::Status::failed);
    EXPECT_EQ(manifest->source.etag, *etag);
    EXPECT_FALSE(manifest->failure->permanent);
    EXPECT_NE(manifest->failure->message.find("3 times"), std::string::npos)
        << manifest->failure->message;
    EXPECT_NE(manifest->failure->message.find("timed out"), std::string::npos);
    const auto dead = world.queue().dead_letters(10);
    ASSERT_TRUE(dead);
    ASSERT_FALSE(dead->empty());  // A duplicate may lie beside it.
    EXPECT_EQ(dead->front().attempts, 3);
}

}  // namespace
}  // namespace imagemill
