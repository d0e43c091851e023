#include "aws/s3_xml.h"

#include <array>

#include "base/check.h"
#include "base/encodings.h"
#include "local/s3/completion_plan.h"
#include "local/s3/cors_rules.h"
#include "local/s3/delete_objects.h"
#include "local/s3/notification_xml.h"
#include "local/s3/tags.h"
#include "s3_kinds.h"
#include "s3_promises.h"

namespace imagemill::fuzz {
namespace {

namespace s3 = local::s3;

// What was understood, written down, is understood and written down the same.
template <typename Parse, typename Format>
void check_said_again(std::string_view body, Parse parse, Format format) {
    auto parsed = parse(as_bytes(body));
    if (!parsed) return check_s3_error(parsed.error());
    const std::string text = format(*parsed);
    CHECK(is_utf8(text));
    auto again = parse(as_bytes(text));
    CHECK(again && format(*again) == text);
}

void run_tagging(std::string_view body) {
    check_said_again(body, s3::parse_tagging, s3::format_tagging);
}

void run_cors(std::string_view body) {
    check_said_again(body, s3::parse_cors_rules, s3::format_cors_rules);
}

void run_notification(std::string_view body) {
    const s3::FunctionNames names{.region = "us-east-1", .functions = {"resize"}};
    check_said_again(
        body, [&](Bytes xml) { return s3::parse_notification_xml(xml, "photos", names); },
        [&](const auto& said) { return s3::format_notification_xml(said, "us-east-1"); });
}

void run_deletions(std::string_view body) {
    auto deletions = s3::parse_deletions(as_bytes(body));
    if (!deletions) return check_s3_error(deletions.error());
    CHECK(!deletions->objects.empty() && deletions->objects.size() <= s3::kDeletionsMax);
    for (const s3::Deletion& object : deletions->objects) {
        CHECK(is_utf8(object.key) && object.key.find('\0') == std::string::npos);
    }
}

void run_completion(std::string_view body) {
    auto parts = s3::parse_completion(as_bytes(body));
    if (!parts) return check_s3_error(parts.error());
    for (const s3::ListedPart& part : *parts) CHECK(part.number >= 0);
    CHECK(!s3::etag_of(*parts).empty());
}

// What a server says to our client.
void run_listing(std::string_view body) {
    const auto page = aws::parse_list_objects(body);
    if (!page) {
        CHECK(page.error().code == Code::corrupt);
        return check_message(page.error().message);
    }
    for (const store::ListEntry& entry : page->entries) {
        CHECK(!entry.key.empty() && entry.size_bytes >= 0);
    }
}

void run_error(std::string_view body) {
    for (const int status : {200, 301, 400, 403, 404, 409, 412, 500, 503}) {
        check_message(aws::from_s3_error(status, body, "GET photos/cat.jpg").message);
    }
}

}  // namespace

void run_xml(std::string_view argument, std::string_view body) {
    struct Root {
        std::string_view name;
        void (*run)(std::string_view body);
    };
    constexpr std::array kRoots{Root{"Tagging", run_tagging},
                                Root{"CORSConfiguration", run_cors},
                                Root{"NotificationConfiguration", run_notification},
                                Root{"Delete", run_deletions},
                                Root{"CompleteMultipartUpload", run_completion},
                                Root{"ListBucketResult", run_listing},
                                Root{"Error", run_error}};
    const auto root = std::ranges::find(kRoots, argument, &Root::name);
    if (root != kRoots.end()) root->run(body);
}

}  // namespace imagemill::fuzz
