#include "local/s3/completion_plan.h"

#include <gtest/gtest.h>

#include "base/encodings.h"

namespace imagemill::local::s3 {
namespace {

const Algorithm& algorithm(std::string_view name) {
    return *find_algorithm(name);
}

std::string sum_of(std::string_view name, std::string_view bytes) {
    Sum sum = start_sum(algorithm(name));
    std::visit([&](auto& running) { running.update(as_bytes(bytes)); }, sum);
    return format_base64(std::visit([](auto& running) { return running.finish(); }, sum));
}

StoredPart part(int number, std::string_view bytes, const std::string& with = "CRC64NVME") {
    return {.number = number,
            .etag = format_hex(md5(as_bytes(bytes))),
            .size_bytes = std::ssize(bytes),
            .modified = {},
            .checksum = with + ":" + sum_of(with, bytes)};
}

ListedPart listed(const StoredPart& stored) {
    return {.number = stored.number, .etag = stored.etag, .checksums = {}};
}

OpenUpload upload(std::string_view name = "", std::string_view type = "") {
    OpenUpload open;
    open.ref = {.bucket = "photos", .key = "big", .id = "U1"};
    open.attributes.checksum_algorithm = name;
    open.attributes.checksum_type = type;
    return open;
}

// The error's code, or the whole's checksum.
std::string plan(const OpenUpload& open, const std::vector<StoredPart>& stored,
                 const std::vector<ListedPart>& list, const http::Headers& headers = {},
                 std::int64_t bytes_min = 1) {
    auto completion = plan_completion(open, stored, list, headers, {.part_bytes_min = bytes_min});
    return completion ? completion->checksum : completion.error().code;
}

const StoredPart kOne = part(1, "hello ");
const StoredPart kTwo = part(2, "big ");
const StoredPart kThree = part(3, "world");
const std::vector<StoredPart> kStored = {kOne, kTwo, kThree};
const std::vector<ListedPart> kAll = {listed(kOne), listed(kTwo), listed(kThree)};

TEST(CompletionPlan, MakesTheEtagAndTheChecksumOfTheWholeFromItsParts) {
    auto completion = plan_completion(upload(), kStored, kAll, {}, {.part_bytes_min = 1});
    ASSERT_TRUE(completion);
    EXPECT_EQ(completion->etag, multipart_etag({kOne.etag, kTwo.etag, kThree.etag}));
    EXPECT_EQ(completion->checksum_algorithm, "CRC64NVME");
    EXPECT_EQ(completion->checksum_type, "FULL_OBJECT");
    EXPECT_EQ(completion->checksum, sum_of("CRC64NVME", "hello big world"));
    EXPECT_EQ(completion->parts.size(), 3U);
}

TEST(CompletionPlan, AddsUpAsTheUploadWasCreated) {
    const auto parts_with = [](const std::string& name) {
        return std::vector<StoredPart>{part(1, "hello ", name), part(2, "world", name)};
    };
    for (const char* name : {"CRC32", "CRC32C", "CRC64NVME"}) {
        const auto parts = parts_with(name);
        EXPECT_EQ(plan(upload(name, "FULL_OBJECT"), parts, {listed(parts[0]), listed(parts[1])}),
                  sum_of(name, "hello world"));
    }
    for (const char* name : {"CRC32", "CRC32C", "SHA1", "SHA256"}) {
        const auto parts = parts_with(name);
        std::string sums;
        for (const std::string text : {"hello ", "world"}) {
            const Buffer sum = *parse_base64(sum_of(name, text));
            sums += as_text(sum);
        }
        EXPECT_EQ(plan(upload(name, "COMPOSITE"), parts, {listed(parts[0]), listed(parts[1])}),
                  sum_of(name, sums) + "-2");
    }
}

TEST(CompletionPlan, TakesSomeOfThePartsInOrder) {
    EXPECT_EQ(plan(upload(), kStored, {listed(kOne), listed(kThree)}),
              sum_of("CRC64NVME", "hello world"));
    EXPECT_EQ(plan(upload(), kStored, {listed(kTwo), listed(kOne)}), "InvalidPartOrder");
    EXPECT_EQ(plan(upload(), kStored, {listed(kOne), listed(kOne)}), "InvalidPartOrder");
    EXPECT_EQ(plan(upload(), kStored, {}), "InvalidRequest");
}

TEST(CompletionPlan, TakesOnlyPartsThatAreThereAsListed) {
    ListedPart other = listed(kOne);
    other.etag = kTwo.etag;
    EXPECT_EQ(plan(upload(), kStored, {other}), "InvalidPart");
    other.etag = "";
    EXPECT_EQ(plan(upload(), kStored, {other}), "InvalidPart");
    other = listed(kOne);
    other.number = 4;
    EXPECT_EQ(plan(upload(), kStored, {other}), "InvalidPart");
    other.number = 0;
    EXPECT_EQ(plan(upload(), kStored, {other}), "InvalidPart");

    ListedPart summed = listed(kOne);
    summed.checksums = {{&algorithm("CRC64NVME"), sum_of("CRC64NVME", "hello ")}};
    EXPECT_EQ(plan(upload(), kStored, {summed}), sum_of("CRC64NVME", "hello "));
    summed.checksums[0].second = sum_of("CRC64NVME", "other");
    EXPECT_EQ(plan(upload(), kStored, {summed}), "InvalidPart");
    summed.checksums = {{&algorithm("CRC32"), sum_of("CRC32", "hello ")}};
    EXPECT_EQ(plan(upload(), kStored, {summed}), "InvalidPart") << "nobody knows that sum";
}

TEST(CompletionPlan, OnlyTheLastPartMayBeSmall) {
    const std::vector<ListedPart> two = {listed(kOne), listed(kThree)};
    EXPECT_EQ(plan(upload(), kStored, two, {}, 6), sum_of("CRC64NVME", "hello world"));
    EXPECT_EQ(plan(upload(), kStored, two, {}, 7), "EntityTooSmall");
    EXPECT_EQ(plan(upload(), kStored, {listed(kOne)}, {}, 7), sum_of("CRC64NVME", "hello "));
}

TEST(CompletionPlan, HoldsTheRequestToWhatItSaysOfTheWhole) {
    const std::string sum = sum_of("CRC64NVME", "hello big world");
    const auto with = [&](const http::Headers& headers) {
        return plan(upload(), kStored, kAll, headers);
    };
    EXPECT_EQ(with({{"x-amz-checksum-crc64nvme", sum}, {"x-amz-checksum-type", "FULL_OBJECT"}}),
              sum);
    EXPECT_EQ(with({{"x-amz-checksum-crc64nvme", sum_of("CRC64NVME", "x")}}), "BadDigest");
    EXPECT_EQ(with({{"x-amz-checksum-type", "COMPOSITE"}}), "InvalidRequest");
    EXPECT_EQ(with({{"x-amz-checksum-crc32", "AAAAAA=="}}), "InvalidRequest");
    EXPECT_EQ(with({{"x-amz-mp-object-size", "15"}}), sum);
    EXPECT_EQ(with({{"x-amz-mp-object-size", "14"}}), "InvalidRequest");
    EXPECT_EQ(with({{"x-amz-mp-object-size", "x"}}), "InvalidRequest");
}

std::string rule(const http::Headers& headers) {
    Attributes attributes;
    const auto parsed = parse_checksum_rule(headers, attributes);
    return parsed ? attributes.checksum_algorithm + " " + attributes.checksum_type
                  : parsed.error().code;
}

TEST(CompletionPlan, KnowsWhichChecksumsGoWithWhichType) {
    EXPECT_EQ(rule({}), " ");
    EXPECT_EQ(rule({{"x-amz-checksum-algorithm", "crc32"}}), "CRC32 COMPOSITE");
    EXPECT_EQ(rule({{"x-amz-checksum-algorithm", "CRC64NVME"}}), "CRC64NVME FULL_OBJECT");
    EXPECT_EQ(rule({{"x-amz-checksum-algorithm", "SHA256"}}), "SHA256 COMPOSITE");
    const auto typed = [](const char* name, const char* type) {
        return rule({{"x-amz-checksum-algorithm", name}, {"x-amz-checksum-type", type}});
    };
    EXPECT_EQ(typed("CRC32C", "FULL_OBJECT"), "CRC32C FULL_OBJECT");
    EXPECT_EQ(typed("SHA1", "FULL_OBJECT"), "InvalidRequest");
    EXPECT_EQ(typed("CRC64NVME", "COMPOSITE"), "InvalidRequest");
    EXPECT_EQ(typed("CRC32", "HALF"), "InvalidRequest");
    EXPECT_EQ(typed("MD4", "COMPOSITE"), "InvalidRequest");
    EXPECT_EQ(rule({{"x-amz-checksum-type", "COMPOSITE"}}), "InvalidRequest");
}

std::string parsed(const std::string& inner) {
    const std::string xml = "<CompleteMultipartUpload>" + inner + "</CompleteMultipartUpload>";
    auto parts = parse_completion(as_bytes(xml));
    if (!parts) return parts.error().code;
    std::string text;
    for (const ListedPart& listed_part : *parts) {
        text += std::to_string(listed_part.number) + "=" + listed_part.etag + " ";
        for (const auto& [kind, sum] : listed_part.checksums) {
            text += std::string(kind->name) + "=" + sum + " ";
        }
    }
    return text;
}

TEST(CompletionPlan, ReadsTheListOfParts) {
    EXPECT_EQ(parsed("<Part><PartNumber>1</PartNumber><ETag>\"a54357aff0632cce46d942af68356b38\""
                     "</ETag></Part><Part><ETag> \"b\" </ETag><PartNumber> 2 </PartNumber>"
                     "<ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part>"),
              "1=a54357aff0632cce46d942af68356b38 2=b CRC32=AAAAAA== ");
    EXPECT_EQ(parsed("<Part><PartNumber>1</PartNumber><ETag/></Part>"), "1= ");
    EXPECT_EQ(parsed(""), "");
}

TEST(CompletionPlan, RefusesAListThatIsNone) {
    EXPECT_EQ(parsed("<Part><PartNumber>x</PartNumber><ETag>a</ETag></Part>"), "MalformedXML");
    EXPECT_EQ(parsed("<Part><PartNumber>-1</PartNumber><ETag>a</ETag></Part>"), "MalformedXML");
    EXPECT_EQ(parsed("<Part><ETag>a</ETag></Part>"), "MalformedXML");
    EXPECT_EQ(parsed("<Part><PartNumber>1</PartNumber></Part>"), "MalformedXML");
    EXPECT_EQ(parsed("<Part>"), "MalformedXML");
    EXPECT_EQ(parsed("\xFF"), "MalformedXML");
    for (const char* xml : {"", "<Other/>", "not xml"}) {
        EXPECT_FALSE(parse_completion(as_bytes(xml)));
    }
    std::string many;
    for (int i = 0; i < kPartNumberMax; ++i) {
        many += "<Part><PartNumber>1</PartNumber><ETag>a</ETag></Part>";
    }
    EXPECT_NE(parsed(many), "MalformedXML");
    EXPECT_EQ(parsed(many + "<Part><PartNumber>1</PartNumber><ETag>a</ETag></Part>"),
              "MalformedXML");
}

}  // namespace
}  // namespace imagemill::local::s3
