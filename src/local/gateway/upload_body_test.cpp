#include "local/gateway/upload_body.h"

#include <gtest/gtest.h>

namespace imagemill::local {
namespace {

enum class Length { told, chunked };

http::Request request_of(std::size_t size, Length length, std::string type = "image/jpeg") {
    http::Request request;
    request.method = "POST";
    request.headers.set("Content-Type", std::move(type));
    request.body = http::make_body(Buffer(size, std::byte{7}));
    if (length == Length::told) request.content_length = static_cast<std::int64_t>(size);
    return request;
}

// A body nobody may touch.
class UntouchedBody final : public http::BodyReader {
  public:
    Result<std::size_t> read(std::span<std::byte>) override {
        ADD_FAILURE() << "the body was read";
        return std::size_t{0};
    }
};

TEST(UploadBody, ReadsAllOfIt) {
    for (const Length length : {Length::told, Length::chunked}) {
        for (const std::size_t size : {0U, 1U, 999'999U, 1'000'000U}) {
            Budget budget(10'000'000);
            UploadBody body(budget);
            http::Request request = request_of(size, length);
            ASSERT_TRUE(body.read(request, 1'000'000));
            EXPECT_EQ(body.bytes().size(), size);
        }
    }
}

TEST(UploadBody, RefusesWhatIsAnnouncedTooLargeUnread) {
    Budget budget(10'000'000);
    UploadBody body(budget);
    http::Request request = request_of(0, Length::told);
    request.content_length = 1'001;
    request.body = std::make_unique<UntouchedBody>();

    const auto read = body.read(request, 1'000);

    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Code::too_large);
    EXPECT_EQ(
        read.error().exceeded,
        (Exceeded{.setting = "IMAGEMILL_MAX_UPLOAD_BYTES", .limit = 1'000, .measured = 1'001}));
    EXPECT_NE(read.error().message.find("POST /upload with the JSON"), std::string::npos);
}

TEST(UploadBody, RefusesAChunkedBodyOnceItIsTooLarge) {
    Budget budget(10'000'000);
    UploadBody body(budget);
    http::Request request = request_of(1'001, Length::chunked);

    const auto read = body.read(request, 1'000);

    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Code::too_large);
}

TEST(UploadBody, LeavesRoomForWhatATypeAddsToAPicture) {
    EXPECT_EQ(body_bytes_max("image/jpeg", 3'000), 3'000);
    EXPECT_EQ(body_bytes_max("", 3'000), 3'000);
    EXPECT_EQ(body_bytes_max("Multipart/Form-Data; boundary=x", 3'000), 3'000 + 65'536);
    EXPECT_EQ(body_bytes_max("application/json ; charset=utf-8", 3'000), 4'000 + 65'536);
}

TEST(UploadBody, CountsAgainstWhatAllMayHoldAndGivesItBack) {
    Budget budget(1'500);
    auto first = std::make_unique<UploadBody>(budget);
    http::Request request = request_of(1'000, Length::told);
    ASSERT_TRUE(first->read(request, 5'000));
    first->drop();  // The event made of it is as large.

    for (const Length length : {Length::told, Length::chunked}) {
        UploadBody second(budget);
        http::Request too_much = request_of(501, length);
        const auto refused = second.read(too_much, 5'000);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Code::busy);
    }
    {
        UploadBody third(budget);
        http::Request fits = request_of(500, Length::chunked);
        EXPECT_TRUE(third.read(fits, 5'000));
    }
    first.reset();
    UploadBody last(budget);
    http::Request now_fits = request_of(1'500, Length::told);
    EXPECT_TRUE(last.read(now_fits, 5'000));
}

TEST(UploadBody, IsLetThroughAloneWhateverTheBudget) {
    Budget budget(10);
    UploadBody body(budget);
    http::Request request = request_of(600'000, Length::told);
    EXPECT_TRUE(body.read(request, 1'000'000));
}

}  // namespace
}  // namespace imagemill::local
