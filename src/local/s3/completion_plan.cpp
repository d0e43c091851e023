#include "local/s3/completion_plan.h"

#include <algorithm>

#include "base/encodings.h"
#include "local/s3/conditions.h"
#include "local/s3/xml_body.h"

namespace imagemill::local::s3 {
namespace {

Outcome<ListedPart> parse_part(const pugi::xml_node& node) {
    ListedPart part;
    const auto number = parse_count(trimmed_child(node, "PartNumber"));
    if (!number || *number > INT32_MAX || !node.child("ETag")) return malformed_xml();
    part.number = static_cast<int>(*number);
    part.etag = strip_quotes(trimmed_child(node, "ETag"));
    for (const Algorithm& algorithm : algorithms()) {
        const std::string element(algorithm.element);
        std::string value = trimmed_child(node, element.c_str());
        if (!value.empty()) part.checksums.emplace_back(&algorithm, std::move(value));
    }
    return part;
}

aws::S3Error invalid_part(const OpenUpload& upload, const ListedPart& part) {
    return {.code = "InvalidPart",
            .status = 400,
            .message =
                "One or more of the specified parts could not be found.  The part may not have "
                "been uploaded, or the specified entity tag may not match the part's entity tag.",
            .details = {{"UploadId", upload.ref.id},
                        {"PartNumber", std::to_string(part.number)},
                        {"ETag", part.etag}}};
}

aws::S3Error invalid_order(const OpenUpload& upload) {
    return {.code = "InvalidPartOrder",
            .status = 400,
            .message =
                "The list of parts was not in ascending order. Parts must be ordered by part "
                "number.",
            .details = {{"UploadId", upload.ref.id}}};
}

aws::S3Error part_too_small(const StoredPart& part, std::int64_t bytes_min) {
    return {.code = "EntityTooSmall",
            .status = 400,
            .message = "Your proposed upload is smaller than the minimum allowed size",
            .details = {{"ETag", part.etag},
                        {"MinSizeAllowed", std::to_string(bytes_min)},
                        {"PartNumber", std::to_string(part.number)},
                        {"ProposedSize", std::to_string(part.size_bytes)}}};
}

bool is_as_listed(const StoredPart& part, const ListedPart& listed) {
    if (part.etag != listed.etag) return false;
    return std::ranges::all_of(listed.checksums, [&](const auto& checksum) {
        return part_checksum(part, *checksum.first) == checksum.second;
    });
}

Outcome<std::vector<StoredPart>> choose_parts(const OpenUpload& upload,
                                              const std::vector<StoredPart>& stored,
                                              const std::vector<ListedPart>& listed,
                                              std::int64_t bytes_min) {
    if (listed.empty()) return invalid_request("You must specify at least one part");
    std::vector<StoredPart> chosen;
    for (const ListedPart& part : listed) {
        if (!chosen.empty() && part.number <= chosen.back().number) return invalid_order(upload);
        const auto found = std::ranges::lower_bound(stored, part.number, {}, &StoredPart::number);
        const bool is_there = found != stored.end() && found->number == part.number;
        if (!is_there || !is_as_listed(*found, part)) return invalid_part(upload, part);
        chosen.push_back(*found);
    }
    for (const StoredPart& part : std::span(chosen).first(chosen.size() - 1)) {
        if (part.size_bytes < bytes_min) return part_too_small(part, bytes_min);
    }
    return chosen;
}

// Empty where a part's row has no sum of the algorithm: of an older upload.
std::string full_checksum(const Algorithm& algorithm, const std::vector<StoredPart>& parts) {
    std::optional<Buffer> whole;
    for (const StoredPart& part : parts) {
        const auto sum = parse_checksum(algorithm, part_checksum(part, algorithm));
        if (!sum || algorithm.crc == nullptr) return "";
        whole = whole ? combine(*algorithm.crc, *whole, *sum, part.size_bytes) : *sum;
    }
    return whole ? format_base64(*whole) : "";
}

std::string composite_checksum(const Algorithm& algorithm, const std::vector<StoredPart>& parts) {
    Sum sum = start_sum(algorithm);
    for (const StoredPart& part : parts) {
        const auto bytes = parse_checksum(algorithm, part_checksum(part, algorithm));
        if (!bytes) return "";
        std::visit([&](auto& running) { running.update(*bytes); }, sum);
    }
    const Buffer bytes = std::visit([](auto& running) { return running.finish(); }, sum);
    return format_base64(bytes) + "-" + std::to_string(parts.size());
}

// What the request says of the whole.
Outcome<void> check_whole(const Completion& completion, const ChecksumRule& rule,
                          const http::Headers& headers) {
    const auto type = headers.get("x-amz-checksum-type");
    if (type && !equal_ignoring_case(*type, rule.type)) {
        return invalid_request("The upload was created using the " + rule.type +
                               " checksum mode. The complete request must use the same checksum "
                               "mode.");
    }
    for (const Algorithm& algorithm : algorithms()) {
        const auto said = headers.get(algorithm.header);
        if (!said) continue;
        if (&algorithm != rule.algorithm) {
            return invalid_request("The upload's parts were added up with " +
                                   std::string(rule.algorithm->name) + ", not with " +
                                   std::string(algorithm.name) + ".");
        }
        // Of parts' checksums, some clients leave the number of parts out.
        const std::string& whole = completion.checksum;
        if (*said != whole && *said != whole.substr(0, whole.find('-'))) {
            return aws::S3Error{.code = "BadDigest",
                                .status = 400,
                                .message = "The " + std::string(algorithm.name) +
                                           " you specified did not match the calculated checksum.",
                                .details = {}};
        }
    }
    return {};
}

Outcome<void> check_size(const std::vector<StoredPart>& parts, const http::Headers& headers) {
    const auto said = headers.get("x-amz-mp-object-size");
    if (!said) return {};
    std::int64_t size = 0;
    for (const StoredPart& part : parts) size += part.size_bytes;
    const auto expected = parse_count(*said);
    if (expected && *expected == size) return {};
    return invalid_request("The parts have " + std::to_string(size) +
                           " bytes, not as many as x-amz-mp-object-size says (" +
                           printable(*said, 32) + ").");
}

}  // namespace

Outcome<std::vector<ListedPart>> parse_completion(Bytes xml) {
    pugi::xml_document document;
    const pugi::xml_node root = TRY(parse_root(document, xml, "CompleteMultipartUpload"));
    std::vector<ListedPart> parts;
    for (const pugi::xml_node& node : root.children("Part")) {
        if (parts.size() == kPartNumberMax) return malformed_xml();
        parts.push_back(TRY(parse_part(node)));
    }
    return parts;
}

ChecksumRule rule_of(const Attributes& attributes) {
    const Algorithm* algorithm = find_algorithm(attributes.checksum_algorithm);
    if (algorithm != nullptr) {
        return {.algorithm = algorithm, .type = attributes.checksum_type, .is_default = false};
    }
    return {.algorithm = find_algorithm(kDefaultAlgorithm), .type = std::string(kFullObject)};
}

Outcome<void> parse_checksum_rule(const http::Headers& headers, Attributes& attributes) {
    const auto name = headers.get("x-amz-checksum-algorithm");
    const auto type = headers.get("x-amz-checksum-type");
    if (!name) {
        if (!type) return {};
        return invalid_request(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm "
            "header.");
    }
    const Algorithm* algorithm = find_algorithm(*name);
    if (algorithm == nullptr) return unknown_algorithm();
    const bool is_crc = algorithm->crc != nullptr;
    const bool is_only_full = algorithm->name == kDefaultAlgorithm;
    std::string wanted(is_only_full ? kFullObject : kComposite);
    if (type) {
        if (*type != kFullObject && *type != kComposite) {
            return invalid_request("Value for x-amz-checksum-type header is invalid.");
        }
        wanted = *type;
    }
    if ((wanted == kFullObject && !is_crc) || (wanted == kComposite && is_only_full)) {
        return invalid_request("The " + wanted + " checksum type cannot be used with the " +
                               to_lower(algorithm->name) + " checksum algorithm.");
    }
    attributes.checksum_algorithm = algorithm->name;
    attributes.checksum_type = wanted;
    return {};
}

std::string format_part_checksums(const BodyChecks& checks, const ChecksumRule& rule) {
    std::string text = std::string(rule.algorithm->name) + ":" + checks.sum_of(*rule.algorithm);
    const Algorithm* given = checks.algorithm();
    if (given != nullptr && given != rule.algorithm) {
        text += " " + std::string(given->name) + ":" + checks.sum_of(*given);
    }
    return text;
}

std::string part_checksum(const StoredPart& part, const Algorithm& algorithm) {
    std::string_view left = part.checksum;
    while (!left.empty()) {
        const std::string_view word = left.substr(0, left.find(' '));
        left.remove_prefix(std::min(word.size() + 1, left.size()));
        const std::size_t colon = word.find(':');
        if (word.substr(0, colon) == algorithm.name && colon != std::string_view::npos) {
            return std::string(word.substr(colon + 1));
        }
    }
    return "";
}

Outcome<Completion> plan_completion(const OpenUpload& upload, const std::vector<StoredPart>& stored,
                                    const std::vector<ListedPart>& listed,
                                    const http::Headers& headers, const CompletionLimits& limits) {
    const ChecksumRule rule = rule_of(upload.attributes);
    Completion completion;
    completion.ref = upload.ref;
    completion.parts = TRY(choose_parts(upload, stored, listed, limits.part_bytes_min));
    completion.etag = etag_of(listed);
    completion.checksum_algorithm = rule.algorithm->name;
    completion.checksum_type = rule.type;
    completion.checksum = rule.type == kComposite
                              ? composite_checksum(*rule.algorithm, completion.parts)
                              : full_checksum(*rule.algorithm, completion.parts);
    TRY(check_whole(completion, rule, headers));
    TRY(check_size(completion.parts, headers));
    return completion;
}

std::string etag_of(const std::vector<ListedPart>& listed) {
    std::vector<std::string> etags;
    for (const ListedPart& part : listed) etags.push_back(part.etag);
    return multipart_etag(etags);
}

}  // namespace imagemill::local::s3
