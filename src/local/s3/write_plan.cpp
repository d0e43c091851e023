#include "local/s3/write_plan.h"

#include <algorithm>
#include <array>

#include "base/encodings.h"
#include "local/s3/conditions.h"
#include "local/s3/tags.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::string_view kMetadataPrefix = "x-amz-meta-";

struct SystemHeader {
    std::string_view name;
    std::string Attributes::*field;
};
constexpr std::array kSystemHeaders{
    SystemHeader{"Content-Type", &Attributes::content_type},
    SystemHeader{"Content-Encoding", &Attributes::content_encoding},
    SystemHeader{"Content-Language", &Attributes::content_language},
    SystemHeader{"Content-Disposition", &Attributes::content_disposition},
    SystemHeader{"Cache-Control", &Attributes::cache_control},
    SystemHeader{"Expires", &Attributes::expires},
};

// A form's field or a query's parameter can hold what a header cannot; sent back in one, a line
// break would begin another.
Outcome<void> check_value(std::string_view name, const std::string& value) {
    const bool fits = std::ranges::none_of(value, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7F;
    });
    if (fits) return {};
    return invalid_argument("A header value may not hold control characters.", std::string(name),
                            value);
}

// The name goes back out as a header's, so it must be one: RFC 9110 5.6.2.
Outcome<void> check_name(const std::string& name) {
    const bool is_token = std::ranges::all_of(name, [](char c) {
        const bool is_letter_or_digit =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
        return is_letter_or_digit ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
    if (is_token) return {};
    return invalid_argument("A metadata name must be a header's name.", "x-amz-meta-", name);
}

Outcome<void> add_metadata(const http::Headers& headers, Attributes& attributes) {
    for (const auto& [field_name, value] : headers.fields()) {
        const std::string name = to_lower(field_name);
        if (!name.starts_with(kMetadataPrefix)) continue;
        const std::string short_name = name.substr(kMetadataPrefix.size());
        if (short_name.empty()) continue;
        TRY(check_name(short_name));
        TRY(check_value(name, value));
        // RFC 9110 5.3: a name that comes twice is one list.
        std::string& stored = attributes.metadata[short_name];
        stored += (stored.empty() ? "" : ",") + value;
    }
    std::int64_t size = 0;
    for (const auto& [name, value] : attributes.metadata) {
        size += static_cast<std::int64_t>(name.size() + value.size());
    }
    if (size <= kMetadataBytesMax) return {};
    return aws::S3Error{.code = "MetadataTooLarge",
                        .status = 400,
                        .message = "Your metadata headers exceed the maximum allowed metadata size",
                        .details = {{"Size", std::to_string(size)},
                                    {"MaxSizeAllowed", std::to_string(kMetadataBytesMax)}}};
}

// "aws-chunked,gzip" is "gzip": the pieces were of the way here only.
std::string without_aws_chunked(std::string_view codings) {
    std::string kept;
    while (!codings.empty()) {
        const std::string_view coding = codings.substr(0, codings.find(','));
        codings.remove_prefix(std::min(coding.size() + 1, codings.size()));
        if (trim(coding).empty() || equal_ignoring_case(trim(coding), "aws-chunked")) continue;
        kept += (kept.empty() ? "" : ",") + std::string(trim(coding));
    }
    return kept;
}

}  // namespace

Outcome<WritePlan> plan_write(const http::Headers& headers, std::string_view payload_hash) {
    WritePlan plan;
    for (const SystemHeader& header : kSystemHeaders) {
        const std::string value(headers.get_or(header.name, ""));
        TRY(check_value(header.name, value));
        if (!value.empty()) plan.attributes.*header.field = value;
    }
    plan.attributes.content_encoding = without_aws_chunked(plan.attributes.content_encoding);
    TRY(add_metadata(headers, plan.attributes));
    if (const auto tagging = headers.get("x-amz-tagging")) {
        plan.attributes.tags = TRY(parse_tag_header(std::string(*tagging)));
    }
    plan.conditions = TRY(parse_write_conditions(headers));
    plan.checks = TRY(BodyChecks::parse(headers, payload_hash));
    return plan;
}

void begin_checksum(WritePlan& plan) {
    if (plan.checks.algorithm() == nullptr) plan.checks.also(*find_algorithm(kDefaultAlgorithm));
}

void end_checksum(WritePlan& plan) {
    const Algorithm* given = plan.checks.algorithm();
    const Algorithm& algorithm = given != nullptr ? *given : *find_algorithm(kDefaultAlgorithm);
    plan.attributes.checksum_algorithm = algorithm.name;
    plan.attributes.checksum = plan.checks.sum_of(algorithm);
    plan.attributes.checksum_type = kFullObject;
}

Outcome<std::int64_t> receive(http::BodyReader& body, std::int64_t size_max, ByteSink& upload,
                              BodyChecks& checks) {
    Buffer piece(kPieceBytes);
    std::int64_t size = 0;
    while (size <= size_max) {
        const auto count = body.read(piece);
        if (!count) return of_body(count.error());
        if (*count == 0) return size;
        const Bytes bytes = Bytes(piece).first(*count);
        size += static_cast<std::int64_t>(*count);
        if (size > size_max) break;
        checks.update(bytes);
        TRY(upload.write(bytes));
    }
    return size;
}

Outcome<StoredObject> commit(Upload& upload, const store::ObjectId& id, const WritePlan& plan,
                             const Origin& origin) {
    auto stored = upload.commit(id.bucket, id.key, plan.attributes, plan.conditions, origin);
    if (stored) return *std::move(stored);
    if (stored.error().code == Code::precondition_failed) {
        return precondition_failed(plan.conditions.if_none_match ? "If-None-Match" : "If-Match");
    }
    return of_store(stored.error());
}

}  // namespace imagemill::local::s3
