// cors_rules: which pages a bucket's owner lets talk to it from a browser.
//
// Shapes:  An origin and a header may hold one "*", which stands for any text. The first rule that
//          fits is the one that counts.
// Errors:  MalformedXML; InvalidRequest: a method no browser may be allowed here, a second "*",
//          an exposed header with one, more than 100 rules, a text that no header can carry.
// Threads: pure functions.
// Source:  Amazon S3 user guide, "Elements of a CORS configuration".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "local/s3/outcome.h"

namespace imagemill::local::s3 {

inline constexpr std::size_t kCorsRulesMax = 100;
inline constexpr const char* kCorsSetting = "cors";  // Its name among the bucket's settings.

struct CorsRule {
    std::string id;
    std::vector<std::string> origins;
    std::vector<std::string> methods;
    std::vector<std::string> headers;  // That a page may send, beside those it always may.
    std::vector<std::string> exposed;  // Of the answer's, those that a page may read.
    std::optional<std::int64_t> max_age_seconds;
};

// <CORSConfiguration>; and back.
Outcome<std::vector<CorsRule>> parse_cors_rules(Bytes xml);
std::string format_cors_rules(const std::vector<CorsRule>& rules);

struct CorsQuestion {
    std::string_view origin;
    std::string_view method;
    std::vector<std::string> headers;
};
// Null where none fits.
const CorsRule* find_rule(const std::vector<CorsRule>& rules, const CorsQuestion& question);

// Whether the rule lets in any page at all, so that it need not be named.
bool allows_any_origin(const CorsRule& rule);

}  // namespace imagemill::local::s3
