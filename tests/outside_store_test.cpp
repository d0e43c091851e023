// What every ObjectStore must do, asked of a store that others wrote: S3Store over the endpoint in
// IMAGEMILL_OUTSIDE_S3, with AWS's own variables for the key. It empties the buckets "source" and
// "destination" there, which must exist. tests/e2e/ceph_test.py runs it; without an endpoint there
// is nothing to run.
#include <gtest/gtest.h>

#include <cstdlib>

#include "aws/s3_store.h"
#include "net/client.h"
#include "store/store_conformance.h"

namespace imagemill::store {
namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

class OutsideStore final : public StoreUnderTest {
  public:
    OutsideStore() : client_(net::make_client({})) {}

    Result<void> start() {
        store_ = TRY(aws::make_s3_store({.endpoint = variable("IMAGEMILL_OUTSIDE_S3")},
                                        {.access_key = variable("AWS_ACCESS_KEY_ID"),
                                         .secret_key = variable("AWS_SECRET_ACCESS_KEY"),
                                         .session_token = "",
                                         .expires = std::nullopt},
                                        *client_, system_clock()));
        for (const char* bucket : {"source", "destination"}) TRY(empty(bucket));
        return {};
    }

    ObjectStore& store() override { return *store_; }

  private:
    Result<void> empty(const std::string& bucket) {
        ListPage page;
        do {
            page = TRY(store_->list(bucket, {.token = page.next_token}));
            for (const ListEntry& entry : page.entries) {
                TRY(store_->remove({.bucket = bucket, .key = entry.key}, {}));
            }
        } while (!page.next_token.empty());
        return {};
    }

    std::unique_ptr<net::Client> client_;
    std::unique_ptr<ObjectStore> store_;
};

std::unique_ptr<StoreUnderTest> make_outside_store() {
    auto outside = std::make_unique<OutsideStore>();
    const auto started = outside->start();
    if (started) return outside;
    ADD_FAILURE() << started.error().message;
    return nullptr;
}

std::vector<StoreCase> cases() {
    if (variable("IMAGEMILL_OUTSIDE_S3").empty()) return {};
    return {StoreCase{"outside", make_outside_store}};
}

INSTANTIATE_TEST_SUITE_P(Outside, StoreConformance, testing::ValuesIn(cases()), case_name);

}  // namespace
}  // namespace imagemill::store
