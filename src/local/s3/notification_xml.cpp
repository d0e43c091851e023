#include "local/s3/notification_xml.h"

#include <algorithm>
#include <array>

#include "aws/xml_writer.h"
#include "base/encodings.h"
#include "base/random.h"
#include "local/s3/xml_body.h"

namespace imagemill::local::s3 {
namespace {

constexpr const char* kAccount = "000000000000";
constexpr std::size_t kIdBytesMax = 255;
constexpr std::array<std::string_view, 8> kEvents{"ObjectCreated:*",
                                                  "ObjectCreated:Put",
                                                  "ObjectCreated:Post",
                                                  "ObjectCreated:Copy",
                                                  "ObjectCreated:CompleteMultipartUpload",
                                                  "ObjectRemoved:*",
                                                  "ObjectRemoved:Delete",
                                                  "ObjectRemoved:DeleteMarkerCreated"};
// That S3 knows and nothing here causes.
constexpr std::array<std::string_view, 9> kUnservedEvents{
    "ObjectRestore:",       "ReducedRedundancyLostObject", "Replication:",   "LifecycleTransition",
    "LifecycleExpiration:", "IntelligentTiering",          "ObjectTagging:", "ObjectAcl:",
    "ObjectAnnotation:"};
constexpr std::array kUnservedTargets{"QueueConfiguration", "TopicConfiguration",
                                      "EventBridgeConfiguration"};

// "ObjectCreated:*" is all that begins with "ObjectCreated:".
Outcome<std::string> parse_event(const std::string& text) {
    const std::string name = text.starts_with("s3:") ? text.substr(3) : "";
    if (std::ranges::find(kEvents, name) != kEvents.end()) {
        return name.ends_with('*') ? name.substr(0, name.size() - 1) : name;
    }
    for (const std::string_view unserved : kUnservedEvents) {
        if (name.starts_with(unserved)) return not_implemented("The event " + text);
    }
    return invalid_argument("A specified event is not supported for notifications.", "Event", text);
}

aws::S3Error unknown_target(const std::string& arn, std::string why) {
    return {.code = "InvalidArgument",
            .status = 400,
            .message = "Unable to validate the following destination configurations",
            .details = {{"ArgumentName1", arn}, {"ArgumentValue1", std::move(why)}}};
}

// arn:aws:lambda:<region>:<account>:function:<name>
Outcome<std::string> parse_function(const std::string& arn, const FunctionNames& names) {
    std::vector<std::string> parts;
    std::size_t start = 0;
    for (std::size_t colon = arn.find(':'); colon != std::string::npos;
         colon = arn.find(':', start)) {
        parts.push_back(arn.substr(start, colon - start));
        start = colon + 1;
    }
    parts.push_back(arn.substr(start));
    const bool is_function = parts.size() >= 7 && parts[0] == "arn" && parts[2] == "lambda" &&
                             parts[5] == "function" && !parts[6].empty();
    if (!is_function) return invalid_argument("The ARN could not be parsed", "CloudFunction", arn);
    if (parts[3] != names.region) {
        return invalid_argument(
            "The notification destination service region is not valid for the bucket location "
            "constraint",
            "CloudFunction", arn);
    }
    std::string known;
    for (const std::string& function : names.functions) {
        const std::string own = function_arn(names.region, function);
        if (arn == own || arn == own + ":$LATEST") return function;
        known += (known.empty() ? "" : ", ") + own;
    }
    return unknown_target(arn, "There is no such function here. There are: " + known + ".");
}

Outcome<void> parse_filter(const pugi::xml_node& filter, Notification& notification) {
    bool has_prefix = false;
    bool has_suffix = false;
    for (const pugi::xml_node& rule : filter.child("S3Key").children("FilterRule")) {
        if (!rule.child("Name") || !rule.child("Value")) return malformed_xml();
        const std::string name = to_lower(trimmed_child(rule, "Name"));
        if (name != "prefix" && name != "suffix") {
            return invalid_argument("filter rule name must be either prefix or suffix",
                                    "FilterRule.Name", name);
        }
        bool& is_there = name == "prefix" ? has_prefix : has_suffix;
        if (std::exchange(is_there, true)) {
            return invalid_argument("Cannot specify more than one " + name + " rule in a filter.",
                                    "FilterRule.Name", name);
        }
        std::string& value = name == "prefix" ? notification.key_prefix : notification.key_suffix;
        value = rule.child("Value").child_value();
    }
    return {};
}

// What one configuration says, as one notification for each of its events.
Outcome<std::vector<Notification>> parse_configuration(const pugi::xml_node& node,
                                                       const std::string& bucket,
                                                       const FunctionNames& names) {
    Notification common;
    common.bucket = bucket;
    common.id = trimmed_child(node, "Id");
    if (common.id.empty()) common.id = random_hex(16);
    if (common.id.size() > kIdBytesMax) {
        return invalid_argument("An Id has at most 255 bytes.", "Id", common.id);
    }
    common.function = TRY(parse_function(trimmed_child(node, "CloudFunction"), names));
    TRY(parse_filter(node.child("Filter"), common));
    std::vector<Notification> notifications;
    for (const pugi::xml_node& event : node.children("Event")) {
        common.event_prefix = TRY(parse_event(std::string(trim(event.child_value()))));
        notifications.push_back(common);
    }
    if (notifications.empty()) return malformed_xml();
    return notifications;
}

bool starts_either(const std::string& a, const std::string& b) {
    return a.starts_with(b) || b.starts_with(a);
}

bool ends_either(const std::string& a, const std::string& b) {
    return a.ends_with(b) || b.ends_with(a);
}

// Whether some key and event would fit both, of different configurations.
bool overlap(const Notification& a, const Notification& b) {
    return a.id != b.id && starts_either(a.event_prefix, b.event_prefix) &&
           starts_either(a.key_prefix, b.key_prefix) && ends_either(a.key_suffix, b.key_suffix);
}

void write_filter(aws::XmlWriter& xml, const Notification& notification) {
    const std::pair<const char*, const std::string&> rules[] = {
        {"Prefix", notification.key_prefix}, {"Suffix", notification.key_suffix}};
    if (notification.key_prefix.empty() && notification.key_suffix.empty()) return;
    xml.open("Filter");
    xml.open("S3Key");
    for (const auto& [name, value] : rules) {
        if (value.empty()) continue;
        xml.open("FilterRule");
        xml.element("Name", name);
        xml.element("Value", value);
        xml.close("FilterRule");
    }
    xml.close("S3Key");
    xml.close("Filter");
}

// The server's own wiring has no id; it is named after its function.
std::string id_of(const Notification& notification) {
    return notification.id.empty() ? notification.function : notification.id;
}

}  // namespace

std::string function_arn(const std::string& region, const std::string& function) {
    return "arn:aws:lambda:" + region + ":" + kAccount + ":function:" + function;
}

Outcome<std::vector<Notification>> parse_notification_xml(Bytes body, const std::string& bucket,
                                                          const FunctionNames& names) {
    pugi::xml_document document;
    const pugi::xml_node root = TRY(parse_root(document, body, "NotificationConfiguration"));
    for (const char* target : kUnservedTargets) {
        if (root.child(target)) return not_implemented("The element " + std::string(target));
    }
    std::vector<Notification> all;
    std::size_t count = 0;
    for (const pugi::xml_node& node : root.children("CloudFunctionConfiguration")) {
        if (++count > kConfigurationsMax) return malformed_xml();
        for (Notification& notification : TRY(parse_configuration(node, bucket, names))) {
            for (const Notification& other : all) {
                if (!overlap(notification, other)) continue;
                return invalid_argument(
                    "Configurations overlap. Configurations on the same bucket cannot share a "
                    "common event type.",
                    "Id", notification.id);
            }
            all.push_back(std::move(notification));
        }
    }
    return all;
}

std::string format_notification_xml(const std::vector<Notification>& notifications,
                                    const std::string& region) {
    aws::XmlWriter xml("NotificationConfiguration");
    for (std::size_t i = 0; i < notifications.size(); ++i) {
        const std::string id = id_of(notifications[i]);
        const bool is_new = i == 0 || id_of(notifications[i - 1]) != id;
        if (is_new) {
            xml.open("CloudFunctionConfiguration");
            xml.element("Id", id);
            xml.element("CloudFunction", function_arn(region, notifications[i].function));
        }
        const std::string& event = notifications[i].event_prefix;
        xml.element("Event", "s3:" + event + (event.ends_with(':') ? "*" : ""));
        const bool is_last = i + 1 == notifications.size() || id_of(notifications[i + 1]) != id;
        if (!is_last) continue;
        write_filter(xml, notifications[i]);
        xml.close("CloudFunctionConfiguration");
    }
    return xml.finish();
}

}  // namespace imagemill::local::s3
