// What every ObjectStore must do, done by the client over a real socket: aws::S3Store on one side,
// this service on the other.
#include "store/store_conformance.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "aws/s3_store.h"
#include "local/s3/service.h"
#include "net/client.h"
#include "net/server.h"

namespace imagemill::store {
namespace {

class ServedStore final : public StoreUnderTest {
  public:
    ServedStore()
        : log_(system_clock(), Level::error, [](std::string_view) {}),
          keys_({.access_key = "IMROOT",
                 .secret_key = "a root's secret",
                 .session_token = "",
                 .expires = std::nullopt},
                {}),
          client_(net::make_client({})) {
        std::string dir = std::filesystem::temp_directory_path() / "imagemill-served-XXXXXX";
        dir_ = ::mkdtemp(dir.data());
    }
    ~ServedStore() override {
        store_.reset();
        server_.reset();
        disk_.reset();
        std::filesystem::remove_all(dir_);
    }

    Result<void> start() {
        disk_ = TRY(local::open_disk_store(
            {.dir = dir_, .region = "us-east-1", .notifications = {}}, system_clock(), log_));
        for (const char* bucket : {"source", "destination"}) TRY(disk_->create_bucket(bucket));
        auto service = local::s3::make_service(
            {.region = "us-east-1", .hosts = http::Hosts({}), .cors_origins = {}, .public_url = ""},
            *disk_, keys_, system_clock(), log_);
        server_ = TRY(net::make_server(net::ServerOptions{}, std::move(service), log_));
        store_ = TRY(
            aws::make_s3_store({.endpoint = "http://127.0.0.1:" + std::to_string(server_->port()),
                                .public_endpoint = ""},
                               keys_.root(), *client_, system_clock()));
        return {};
    }

    ObjectStore& store() override { return *store_; }

  private:
    Log log_;
    local::Keys keys_;
    std::string dir_;
    std::unique_ptr<net::Client> client_;
    std::unique_ptr<local::DiskStore> disk_;
    std::unique_ptr<net::Server> server_;
    std::unique_ptr<ObjectStore> store_;
};

std::unique_ptr<StoreUnderTest> make_served_store() {
    auto served = std::make_unique<ServedStore>();
    const auto started = served->start();
    if (started) return served;
    ADD_FAILURE() << started.error().message;
    return nullptr;
}

INSTANTIATE_TEST_SUITE_P(Served, StoreConformance,
                         testing::Values(StoreCase{"served", make_served_store}), case_name);

}  // namespace
}  // namespace imagemill::store
