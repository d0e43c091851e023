#include "aws/s3_event.h"

#include <optional>

#include "base/encodings.h"
#include "base/json.h"

namespace imagemill::aws {
namespace {

constexpr std::string_view kCreated = "ObjectCreated:";
constexpr std::string_view kRemoved = "ObjectRemoved:";

// --- Writing.

json::object object_of(const store::ObjectEvent& event) {
    json::object object{{"key", form_encode(event.key)}};
    // S3 knows neither of what is gone.
    if (event.kind == store::EventKind::created) {
        object["size"] = event.size_bytes;
        object["eTag"] = event.etag;
    }
    object["sequencer"] = event.sequencer;
    return object;
}

// --- Reading.

std::optional<store::EventKind> kind_of(std::string_view name) {
    if (name.starts_with(kCreated)) return store::EventKind::created;
    if (name.starts_with(kRemoved)) return store::EventKind::removed;
    return std::nullopt;
}

Result<std::string> text_or(const JsonReader& object, std::string_view name,
                            std::string_view otherwise) {
    const auto member = TRY(object.find(name));
    if (!member) return std::string(otherwise);
    return member->string();
}

Result<std::string> parse_key(const JsonReader& object, std::string_view source) {
    const JsonReader reader = TRY(object.at("key"));
    std::string key = TRY(reader.string());
    // Ceph writes the key as it is; everyone else encodes it as a form does, "+" for a space.
    if (source != "ceph:s3") {
        auto decoded = form_decode(key);
        if (!decoded) return reader.expected("a form-encoded key");
        key = std::move(*decoded);
    }
    if (key.empty() || !is_utf8(key)) return reader.expected("a key of 1 to 1024 bytes of UTF-8");
    return key;
}

Result<Time> parse_time(const JsonReader& record) {
    const auto reader = TRY(record.find("eventTime"));
    if (!reader) return Time();
    const auto time = parse_rfc3339(TRY(reader->string()));
    if (!time) return reader->expected("a time such as 2026-12-01T12:00:00.000Z");
    return *time;
}

Result<std::string> parse_etag(const JsonReader& object) {
    std::string etag = TRY(text_or(object, "eTag", ""));
    // Older versions of Ceph write it in lower case.
    if (etag.empty()) etag = TRY(text_or(object, "etag", ""));
    std::erase(etag, '"');
    return etag;
}

Result<std::int64_t> parse_size(const JsonReader& object) {
    const auto reader = TRY(object.find("size"));
    if (!reader) return 0;
    return reader->integer(0, INT64_MAX);
}

// Nothing where the record is of a version or kind that is none of ours.
Result<std::optional<store::ObjectEvent>> parse_record(const JsonReader& record) {
    const JsonReader version_reader = TRY(record.at("eventVersion"));
    const std::string version = TRY(version_reader.string());
    const JsonReader name_reader = TRY(record.at("eventName"));
    std::string name = TRY(name_reader.string());
    if (name.starts_with("s3:")) name.erase(0, 3);
    const auto kind = kind_of(name);
    if (!version.starts_with("2.") || !kind) return std::optional<store::ObjectEvent>();

    const std::string source = TRY(text_or(record, "eventSource", "aws:s3"));
    const JsonReader s3 = TRY(record.at("s3"));
    const JsonReader bucket = TRY(s3.at("bucket"));
    const JsonReader bucket_name = TRY(bucket.at("name"));
    const JsonReader object = TRY(s3.at("object"));
    store::ObjectEvent event;
    event.kind = *kind;
    event.name = name;
    event.bucket = TRY(bucket_name.string());
    event.key = TRY(parse_key(object, source));
    event.etag = TRY(parse_etag(object));
    event.size_bytes = TRY(parse_size(object));
    event.sequencer = TRY(text_or(object, "sequencer", ""));
    event.time = TRY(parse_time(record));
    return std::optional(std::move(event));
}

}  // namespace

std::string format_s3_event(const store::ObjectEvent& event, const S3EventContext& context) {
    const json::object bucket{{"name", event.bucket},
                              {"ownerIdentity", {{"principalId", context.principal_id}}},
                              {"arn", "arn:aws:s3:::" + event.bucket}};
    const json::object s3{{"s3SchemaVersion", "1.0"},
                          {"configurationId", context.configuration_id},
                          {"bucket", bucket},
                          {"object", object_of(event)}};
    const json::object record{
        {"eventVersion", "2.6"},
        {"eventSource", "aws:s3"},
        {"awsRegion", context.region},
        {"eventTime", format_rfc3339(event.time)},
        {"eventName", event.name},
        {"userIdentity", {{"principalId", context.principal_id}}},
        {"requestParameters", {{"sourceIPAddress", context.source_ip}}},
        {"responseElements",
         {{"x-amz-request-id", context.request_id}, {"x-amz-id-2", context.host_id}}},
        {"s3", s3}};
    json::array records;
    records.push_back(record);
    return json::serialize(json::object{{"Records", std::move(records)}});
}

Result<std::vector<store::ObjectEvent>> parse_s3_event(std::string_view text) {
    const json::value document = TRY(parse_json(text));
    const JsonReader reader(document);
    std::vector<store::ObjectEvent> events;
    const auto test = TRY(reader.find("Event"));
    if (test && test->value() == "s3:TestEvent") return events;

    const JsonReader records = TRY(reader.at("Records"));
    const std::vector<JsonReader> elements = TRY(records.elements());
    for (const JsonReader& record : elements) {
        auto event = TRY(parse_record(record));
        if (event) events.push_back(std::move(*event));
    }
    return events;
}

}  // namespace imagemill::aws
