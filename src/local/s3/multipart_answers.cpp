#include "local/s3/multipart_answers.h"

#include "aws/xml_writer.h"
#include "base/encodings.h"
#include "local/s3/completion_plan.h"
#include "local/s3/exchange.h"

namespace imagemill::local::s3 {
namespace {

std::string quoted(const std::string& etag) {
    return "\"" + etag + "\"";
}

void write_person(aws::XmlWriter& xml, std::string_view role, std::string_view id) {
    xml.open(role);
    xml.element("ID", id);
    xml.close(role);
}

// Who began it and who owns it.
void write_people(aws::XmlWriter& xml, const OpenUpload& upload) {
    write_person(xml, "Initiator", upload.principal);
    write_person(xml, "Owner", kOwnerId);
    xml.element("StorageClass", "STANDARD");
}

void write_checksum_rule(aws::XmlWriter& xml, const Attributes& attributes) {
    const ChecksumRule rule = rule_of(attributes);
    xml.element("ChecksumAlgorithm", rule.algorithm->name);
    xml.element("ChecksumType", rule.type);
}

}  // namespace

std::string format_upload_created(const UploadRef& ref) {
    aws::XmlWriter xml("InitiateMultipartUploadResult");
    xml.element("Bucket", ref.bucket);
    xml.element("Key", ref.key);
    xml.element("UploadId", ref.id);
    return xml.finish();
}

std::string format_parts(const OpenUpload& upload, const PartPage& page, const ListParts& call) {
    const Algorithm& algorithm = *rule_of(upload.attributes).algorithm;
    aws::XmlWriter xml("ListPartsResult");
    xml.element("Bucket", upload.ref.bucket);
    xml.element("Key", upload.ref.key);
    xml.element("UploadId", upload.ref.id);
    write_people(xml, upload);
    xml.element("PartNumberMarker", std::to_string(call.after_number));
    const int next = page.parts.empty() ? 0 : page.parts.back().number;
    xml.element("NextPartNumberMarker", std::to_string(next));
    xml.element("MaxParts", std::to_string(call.max_parts));
    xml.element("IsTruncated", page.is_truncated);
    write_checksum_rule(xml, upload.attributes);
    for (const StoredPart& part : page.parts) {
        xml.open("Part");
        xml.element("PartNumber", std::to_string(part.number));
        xml.element("LastModified", format_rfc3339(part.modified));
        xml.element("ETag", quoted(part.etag));
        xml.element("Size", std::to_string(part.size_bytes));
        const std::string checksum = part_checksum(part, algorithm);
        if (!checksum.empty()) xml.element(algorithm.element, checksum);
        xml.close("Part");
    }
    return xml.finish();
}

std::string format_uploads(const std::string& bucket, const UploadPage& page,
                           const ListMultipartUploads& call) {
    const auto encode = [&](const std::string& text) {
        return call.encode_keys ? percent_encode(text, Slash::keep) : text;
    };
    aws::XmlWriter xml("ListMultipartUploadsResult");
    xml.element("Bucket", bucket);
    xml.element("KeyMarker", encode(call.key_marker));
    xml.element("UploadIdMarker", call.id_marker);
    xml.element("NextKeyMarker", encode(page.next_key));
    xml.element("NextUploadIdMarker", page.next_id);
    xml.element("Prefix", encode(call.prefix));
    if (!call.delimiter.empty()) xml.element("Delimiter", encode(call.delimiter));
    if (call.encode_keys) xml.element("EncodingType", "url");
    xml.element("MaxUploads", std::to_string(call.max_uploads));
    xml.element("IsTruncated", page.is_truncated);
    for (const OpenUpload& upload : page.uploads) {
        xml.open("Upload");
        xml.element("Key", encode(upload.ref.key));
        xml.element("UploadId", upload.ref.id);
        write_people(xml, upload);
        xml.element("Initiated", format_rfc3339(upload.started));
        write_checksum_rule(xml, upload.attributes);
        xml.close("Upload");
    }
    for (const std::string& prefix : page.common_prefixes) {
        xml.open("CommonPrefixes");
        xml.element("Prefix", encode(prefix));
        xml.close("CommonPrefixes");
    }
    return xml.finish();
}

std::string format_completed(const UploadRef& ref, const CompletedUpload& completed,
                             const std::string& location) {
    aws::XmlWriter xml("CompleteMultipartUploadResult");
    xml.element("Location", location);
    xml.element("Bucket", ref.bucket);
    xml.element("Key", ref.key);
    xml.element("ETag", quoted(completed.etag));
    const Algorithm* algorithm = find_algorithm(completed.checksum_algorithm);
    if (algorithm != nullptr && !completed.checksum.empty()) {
        xml.element(algorithm->element, completed.checksum);
        xml.element("ChecksumType", completed.checksum_type);
    }
    return xml.finish();
}

}  // namespace imagemill::local::s3
