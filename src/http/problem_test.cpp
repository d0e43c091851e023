#include "http/problem.h"

#include <gtest/gtest.h>

namespace imagemill::http {
namespace {

boost::json::object document_of(const Response& response) {
    return boost::json::parse(body_text(response)).as_object();
}

TEST(Problem, SaysWhatIsWrongAsJson) {
    const Response response = problem(Error{Code::no_such_key, "No picture is called cat.jpg."});

    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(document_of(response),
              boost::json::object({{"type", "/problems/no_such_key"},
                                   {"title", "No such key"},
                                   {"status", 404},
                                   {"detail", "No picture is called cat.jpg."}}));
}

TEST(Problem, NamesTheLimitThatWasPassed) {
    const auto document = document_of(problem(
        Error{Code::too_large, "Too many pixels.", Exceeded{"IMAGEMILL_MAX_PIXELS", 5, 6}}));

    EXPECT_EQ(document.at("setting"), "IMAGEMILL_MAX_PIXELS");
    EXPECT_EQ(document.at("limit"), 5);
    EXPECT_EQ(document.at("measured"), 6);
    EXPECT_EQ(document.at("status"), 413);
}

TEST(Problem, OfAStatusHasItsReasonAsTitle) {
    const auto document = document_of(problem(405, "Use GET.", {{"allow", "GET"}}));

    EXPECT_EQ(document.at("type"), "about:blank");
    EXPECT_EQ(document.at("title"), "Method Not Allowed");
    EXPECT_EQ(document.at("allow"), "GET");
}

TEST(Problem, MoreReplacesAMemberOfTheSameName) {
    EXPECT_EQ(document_of(problem(400, "a", {{"title", "Mine"}})).at("title"), "Mine");
}

TEST(Problem, TellsWhoMustAuthenticateAndWhenToRetry) {
    EXPECT_EQ(problem(Error{Code::unauthenticated, ""}).headers.get("WWW-Authenticate"), "Bearer");
    EXPECT_EQ(problem(Error{Code::busy, ""}).headers.get("Retry-After"), "1");
    EXPECT_EQ(problem(429, "").headers.get("Retry-After"), "1");
    EXPECT_FALSE(problem(Error{Code::forbidden, ""}).headers.get("WWW-Authenticate"));
    EXPECT_FALSE(problem(Error{Code::internal, ""}).headers.get("Retry-After"));
}

TEST(Problem, DetailIsAlwaysUtf8) {
    EXPECT_EQ(document_of(problem(400, "ü \xFF\xC3 日")).at("detail"), "ü ?? 日");
}

TEST(Problem, EveryCodeHasAStatus) {
    const std::pair<Code, int> rows[] = {
        {Code::invalid_argument, 400}, {Code::corrupt, 400},     {Code::too_large, 413},
        {Code::unsupported, 415},      {Code::no_such_key, 404}, {Code::no_such_bucket, 404},
        {Code::no_such_upload, 404},   {Code::conflict, 409},    {Code::precondition_failed, 412},
        {Code::unauthenticated, 401},  {Code::forbidden, 403},   {Code::busy, 503},
        {Code::timeout, 504},          {Code::unavailable, 503}, {Code::internal, 500}};
    for (const auto& [code, status] : rows) EXPECT_EQ(status_of(code), status) << name_of(code);
}

}  // namespace
}  // namespace imagemill::http
