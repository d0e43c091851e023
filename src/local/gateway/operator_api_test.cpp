#include "local/gateway/operator_api.h"

#include <gtest/gtest.h>

#include "local/gateway/operator_access.h"
#include "local/gateway/testing_pool.h"

namespace imagemill::local {
namespace {

class OperatorApiTest : public testing::Test {
  protected:
    http::Response send(std::string_view method, std::string_view path, std::string_view body = "",
                        http::Headers headers = {{"Authorization", "Bearer the-token"}}) {
        http::Request request;
        request.method = method;
        request.path = path.substr(0, path.find('?'));
        if (path.find('?') != path.npos) request.query = path.substr(path.find('?') + 1);
        request.headers = std::move(headers);
        request.body = http::make_body(body);
        request.peer = peer_;
        return api_.handle(request);
    }
    json::object answer(const http::Response& response) {
        EXPECT_EQ(response.status, 200) << body_text(response);
        const auto parsed = parse_json(body_text(response));
        return parsed && parsed->is_object() ? parsed->as_object() : json::object();
    }

    FakePool pool_;
    FakeQueue queue_;
    FakeClock clock_{Time(Milliseconds(1'583'348'638'390))};
    Log log_{clock_, Level::debug, [](std::string_view) {}};
    std::string peer_ = "127.0.0.1";
    std::vector<std::pair<std::string, std::string>> reprocessed_;
    Result<Requeued> page_ = Requeued{.count = 2, .next_after = "b"};
    OperatorApi api_{{.token = "the-token",
                      .reprocess =
                          [this](const std::string& prefix, const std::string& after) {
                              reprocessed_.emplace_back(prefix, after);
                              return page_;
                          }},
                     pool_,
                     queue_,
                     log_};
};

TEST_F(OperatorApiTest, WantsTheToken) {
    EXPECT_EQ(send("GET", "/admin/events", "", {}).status, 401);
    EXPECT_EQ(send("GET", "/admin/events", "", {{"Authorization", "Bearer the-tokem"}}).status,
              401);
    EXPECT_EQ(send("GET", "/admin/events", "", {{"Authorization", "Bearer "}}).status, 401);
    EXPECT_EQ(send("GET", "/admin/events", "", {{"Authorization", "bearer the-token"}}).status,
              200);
}

TEST_F(OperatorApiTest, AnEmptyTokenIsNobodys) {
    http::Request request;
    request.headers.set("Authorization", "Bearer ");
    EXPECT_FALSE(has_token(request, ""));
}

TEST_F(OperatorApiTest, AnswersThisMachineAlone) {
    for (const char* name : {"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "Via"}) {
        const http::Headers headers{{"Authorization", "Bearer the-token"}, {name, "x"}};
        EXPECT_EQ(send("GET", "/admin/events", "", headers).status, 403) << name;
    }
    for (const char* peer : {"::1", "127.8.8.8", "::ffff:127.0.0.1"}) {
        peer_ = peer;
        EXPECT_EQ(send("GET", "/admin/events").status, 200) << peer;
    }
    for (const char* peer : {"10.0.0.7", "::ffff:10.0.0.7", "1127.0.0.1", ""}) {
        peer_ = peer;
        EXPECT_EQ(send("GET", "/admin/events").status, 403) << peer;
    }
}

TEST_F(OperatorApiTest, ListsEventsWithTheirObjects) {
    ListedEvent event;
    event.id = 7;
    event.state = EventState::dead;
    event.function = "processor";
    event.condition = "RetriesExhausted";
    event.error = R"({"errorType":"X"})";
    event.payload =
        R"({"Records":[{"eventVersion":"2.6","eventSource":"aws:s3","eventName":)"
        R"("ObjectCreated:Put","eventTime":"2026-12-01T00:00:00.000Z","s3":{"bucket":{"name":"b"},)"
        R"("object":{"key":"a+b.jpg","size":1,"eTag":"x","sequencer":"00"}}}]})";
    queue_.listed_ = {event};

    const auto page =
        answer(send("GET", "/admin/events?state=dead&function=processor&after=3&limit=1"));

    EXPECT_EQ(queue_.query_.function, "processor");
    EXPECT_EQ(queue_.query_.after_id, 3);
    EXPECT_EQ(queue_.query_.count_max, 1);
    EXPECT_EQ(page.at("next").as_int64(), 7);
    const json::object& listed = page.at("events").as_array().at(0).as_object();
    EXPECT_EQ(listed.at("key").as_string(), "a b.jpg");
    EXPECT_EQ(listed.at("condition").as_string(), "RetriesExhausted");
    EXPECT_EQ(listed.at("error").at("errorType").as_string(), "X");
    EXPECT_TRUE(answer(send("GET", "/admin/events")).at("next").is_null());
}

TEST_F(OperatorApiTest, RefusesWhatItDoesNotUnderstand) {
    for (const char* path :
         {"/admin/events?state=gone", "/admin/events?limit=0", "/admin/events?limit=1001",
          "/admin/events?function=nobody", "/admin/events?colour=red", "/admin/events?after=x"}) {
        EXPECT_EQ(send("GET", path).status, 400) << path;
    }
    EXPECT_EQ(send("GET", "/admin/nothing").status, 404);
    EXPECT_EQ(send("POST", "/admin/events").status, 405);
    EXPECT_EQ(send("GET", "/admin/events/redrive").status, 405);
    queue_.broken_ = true;
    EXPECT_EQ(send("GET", "/admin/events").status, 503);
}

TEST_F(OperatorApiTest, RedrivesAndDeletesWhatIsNamed) {
    EXPECT_EQ(answer(send("POST", "/admin/events/redrive", R"({"ids":[3,4]})")).at("count"), 4);
    EXPECT_EQ(answer(send("POST", "/admin/events/delete", R"({"function":"api"})")).at("count"), 5);
    EXPECT_EQ(answer(send("POST", "/admin/events/delete", R"({"all":true})")).at("count"), 5);

    ASSERT_EQ(queue_.redriven_.size(), 1U);
    EXPECT_EQ(queue_.redriven_[0].ids, (std::vector<std::int64_t>{3, 4}));
    ASSERT_EQ(queue_.removed_.size(), 2U);
    EXPECT_EQ(queue_.removed_[0].function, "api");
    EXPECT_TRUE(queue_.removed_[1].ids.empty());
    EXPECT_EQ(queue_.removed_[1].function, "");
}

TEST_F(OperatorApiTest, DeletesInOneStateAlone) {
    for (const char* verb : {"delete", "redrive"}) {
        const std::string path = "/admin/events/" + std::string(verb);
        EXPECT_EQ(send("POST", path, R"({"all":true,"state":"dead"})").status, 200);
        EXPECT_EQ(send("POST", path, R"({"all":true,"state":"gone"})").status, 400);
    }
    EXPECT_EQ(queue_.removed_.at(0).state, EventState::dead);
    EXPECT_EQ(send("POST", "/admin/events/delete", R"({"all":true,"state":"waiting"})").status,
              200);
    EXPECT_EQ(queue_.removed_.at(1).state, EventState::waiting);
    EXPECT_EQ(send("POST", "/admin/events/redrive", R"({"all":true,"state":"waiting"})").status,
              400);
    EXPECT_EQ(queue_.redriven_.size(), 1U);
}

TEST_F(OperatorApiTest, ASelectionSaysExactlyOneThing) {
    for (const char* body :
         {"{}", R"({"ids":[]})", R"({"ids":[1],"all":true})", R"({"all":false})",
          R"({"function":"nobody"})", R"({"ids":["1"]})", R"({"everything":true})", "[", ""}) {
        EXPECT_EQ(send("POST", "/admin/events/delete", body).status, 400) << body;
        EXPECT_EQ(send("POST", "/admin/events/redrive", body).status, 400) << body;
    }
    EXPECT_TRUE(queue_.removed_.empty());
    EXPECT_TRUE(queue_.redriven_.empty());
}

TEST_F(OperatorApiTest, ReprocessesPageByPage) {
    const auto first = answer(send("POST", "/admin/reprocess", R"({"prefix":"trips/"})"));
    page_ = Requeued{.count = 1, .next_after = ""};
    const auto last =
        answer(send("POST", "/admin/reprocess", R"({"prefix":"trips/","after":"b"})"));

    EXPECT_EQ(first.at("queued"), 2);
    EXPECT_EQ(first.at("next").as_string(), "b");
    EXPECT_TRUE(last.at("next").is_null());
    ASSERT_EQ(reprocessed_.size(), 2U);
    EXPECT_EQ(reprocessed_[1].first, "trips/");
    EXPECT_EQ(reprocessed_[1].second, "b");
    page_ = Error{Code::unavailable, "the disk is away"};
    EXPECT_EQ(send("POST", "/admin/reprocess", "{}").status, 503);
}

}  // namespace
}  // namespace imagemill::local
