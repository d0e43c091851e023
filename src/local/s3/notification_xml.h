// notification_xml: who hears of a bucket's changes, as S3's configuration says it.
//
// Shapes:  <NotificationConfiguration> holds CloudFunctionConfigurations, each of one function,
// some
//          events and at most one prefix and one suffix. A Notification has one event, so a
//          configuration becomes as many as it names, under one id.
// Errors:  MalformedXML     an element missing, or empty where it may not be.
//          InvalidArgument  an ARN of nothing, of another region or of no function here; an event
//                           or filter S3 does not know; two configurations that could both fit.
//          NotImplemented   queues, topics, EventBridge, and events of what is not done here.
// Threads: pure functions.
// Source:  Amazon S3 API reference, PutBucketNotificationConfiguration; user guide, "Supported
// event
//          types and destinations", "Configuring event notifications using object key name
//          filtering".
#pragma once

#include <string>
#include <vector>

#include "local/s3/outcome.h"
#include "local/storage/bucket_settings.h"

namespace imagemill::local::s3 {

inline constexpr std::size_t kConfigurationsMax = 100;

struct FunctionNames {
    std::string region;
    std::vector<std::string> functions;  // That can hear of events.
};

std::string function_arn(const std::string& region, const std::string& function);

Outcome<std::vector<Notification>> parse_notification_xml(Bytes xml, const std::string& bucket,
                                                          const FunctionNames& names);
std::string format_notification_xml(const std::vector<Notification>& notifications,
                                    const std::string& region);

}  // namespace imagemill::local::s3
