#include "local/s3/cors_rules.h"

#include <algorithm>
#include <array>

#include "aws/xml_writer.h"
#include "base/encodings.h"
#include "local/s3/xml_body.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::array<std::string_view, 5> kMethods{"GET", "PUT", "POST", "DELETE", "HEAD"};
constexpr std::size_t kIdBytesMax = 255;

// "http://*.example.com"; `text` and `pattern` as they are.
bool fits(std::string_view pattern, std::string_view text) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == text;
    const std::string_view head = pattern.substr(0, star);
    const std::string_view tail = pattern.substr(star + 1);
    return text.size() >= head.size() + tail.size() && text.starts_with(head) &&
           text.ends_with(tail);
}

bool any_fits(const std::vector<std::string>& patterns, std::string_view text) {
    return std::ranges::any_of(patterns,
                               [&](const std::string& pattern) { return fits(pattern, text); });
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

std::vector<std::string> texts_of(const pugi::xml_node& rule, const char* name) {
    std::vector<std::string> texts;
    for (const pugi::xml_node& node : rule.children(name)) {
        texts.emplace_back(trim(node.child_value()));
    }
    return texts;
}

Outcome<void> check_stars(const std::vector<std::string>& texts, const std::string& name) {
    for (const std::string& text : texts) {
        if (has_control(text)) {
            return invalid_request(name + " may not hold control characters.");
        }
        if (std::ranges::count(text, '*') > 1) {
            return invalid_request(name + " \"" + text + "\" can not have more than one wildcard.");
        }
    }
    return {};
}

Outcome<void> check_rule(const CorsRule& rule) {
    if (rule.origins.empty() || rule.methods.empty() || rule.id.size() > kIdBytesMax) {
        return malformed_xml();
    }
    for (const std::string& method : rule.methods) {
        if (std::ranges::find(kMethods, method) != kMethods.end()) continue;
        return invalid_request(
            "Found unsupported HTTP method in CORS config. Unsupported method is " + method);
    }
    TRY(check_stars(rule.origins, "AllowedOrigin"));
    TRY(check_stars(rule.headers, "AllowedHeader"));
    TRY(check_stars(rule.exposed, "ExposeHeader"));
    for (const std::string& header : rule.exposed) {
        if (header.find('*') == std::string::npos) continue;
        return invalid_request("ExposeHeader \"" + header +
                               "\" contains wildcard. We currently do not support wildcard for "
                               "ExposeHeader.");
    }
    return {};
}

void write_all(aws::XmlWriter& xml, const char* name, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) xml.element(name, text);
}

}  // namespace

Outcome<std::vector<CorsRule>> parse_cors_rules(Bytes body) {
    pugi::xml_document document;
    const pugi::xml_node root = TRY(parse_root(document, body, "CORSConfiguration"));
    std::vector<CorsRule> rules;
    for (const pugi::xml_node& node : root.children("CORSRule")) {
        CorsRule rule{.id = trimmed_child(node, "ID"),
                      .origins = texts_of(node, "AllowedOrigin"),
                      .methods = texts_of(node, "AllowedMethod"),
                      .headers = texts_of(node, "AllowedHeader"),
                      .exposed = texts_of(node, "ExposeHeader"),
                      .max_age_seconds = std::nullopt};
        if (node.child("MaxAgeSeconds")) {
            const auto seconds = parse_count(trimmed_child(node, "MaxAgeSeconds"));
            if (!seconds) return malformed_xml();
            rule.max_age_seconds = *seconds;
        }
        TRY(check_rule(rule));
        rules.push_back(std::move(rule));
    }
    if (rules.empty()) return malformed_xml();
    if (rules.size() > kCorsRulesMax) {
        return invalid_request("The number of CORS rules should not exceed allowed limit of " +
                               std::to_string(kCorsRulesMax) + " rules.");
    }
    return rules;
}

std::string format_cors_rules(const std::vector<CorsRule>& rules) {
    aws::XmlWriter xml("CORSConfiguration");
    for (const CorsRule& rule : rules) {
        xml.open("CORSRule");
        if (!rule.id.empty()) xml.element("ID", rule.id);
        write_all(xml, "AllowedMethod", rule.methods);
        write_all(xml, "AllowedOrigin", rule.origins);
        write_all(xml, "AllowedHeader", rule.headers);
        write_all(xml, "ExposeHeader", rule.exposed);
        if (rule.max_age_seconds) {
            xml.element("MaxAgeSeconds", std::to_string(*rule.max_age_seconds));
        }
        xml.close("CORSRule");
    }
    return xml.finish();
}

const CorsRule* find_rule(const std::vector<CorsRule>& rules, const CorsQuestion& question) {
    const auto found = std::ranges::find_if(rules, [&](const CorsRule& rule) {
        std::vector<std::string> allowed;
        for (const std::string& header : rule.headers) allowed.push_back(to_lower(header));
        return any_fits(rule.origins, question.origin) &&
               std::ranges::find(rule.methods, question.method) != rule.methods.end() &&
               std::ranges::all_of(question.headers, [&](const std::string& header) {
                   return any_fits(allowed, to_lower(header));
               });
    });
    return found == rules.end() ? nullptr : &*found;
}

bool allows_any_origin(const CorsRule& rule) {
    return std::ranges::find(rule.origins, "*") != rule.origins.end();
}

}  // namespace imagemill::local::s3
