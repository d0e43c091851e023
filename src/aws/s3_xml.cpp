#include "aws/s3_xml.h"

#include <algorithm>
#include <array>
#include <pugixml.hpp>

#include "aws/xml_writer.h"
#include "base/encodings.h"

namespace imagemill::aws {
namespace {

// --- Writing.

void owner(XmlWriter& xml, std::string_view id) {
    xml.open("Owner");
    xml.element("ID", id);
    xml.close("Owner");
}

std::string quote_etag(std::string_view etag) {
    return "\"" + std::string(etag) + "\"";
}

void contents(XmlWriter& xml, const store::ListEntry& entry, const std::string& key) {
    xml.open("Contents");
    xml.element("Key", key);
    xml.element("LastModified", format_rfc3339(entry.modified));
    xml.element("ETag", quote_etag(entry.etag));
    xml.element("Size", std::to_string(entry.size_bytes));
}

// --- Reading.

std::string_view child_text(const pugi::xml_node& node, const char* name) {
    return node.child(name).child_value();
}

Error lacks(const char* name) {
    return {Code::corrupt, "The list of objects has no valid <" + std::string(name) + ">."};
}

Result<store::ListEntry> parse_entry(const pugi::xml_node& node, bool encoded) {
    std::string key(child_text(node, "Key"));
    if (encoded) {
        auto decoded = form_decode(key);
        if (!decoded) return lacks("Key");
        key = std::move(*decoded);
    }
    if (key.empty()) return lacks("Key");
    const auto size = parse_count(child_text(node, "Size"));
    if (!size) return lacks("Size");
    const auto modified = parse_rfc3339(child_text(node, "LastModified"));
    if (!modified) return lacks("LastModified");
    std::string_view etag = child_text(node, "ETag");
    if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) {
        etag = etag.substr(1, etag.size() - 2);
    }
    return store::ListEntry{.key = std::move(key),
                            .etag = std::string(etag),
                            .size_bytes = *size,
                            .modified = *modified};
}

// pugixml reads no external entity, and expands none but the five of XML itself.
pugi::xml_document load(std::string_view xml) {
    pugi::xml_document document;
    document.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata_single,
                         pugi::encoding_utf8);
    return document;
}

struct Row {
    std::string_view s3_code;
    Code code;
};

// What an ObjectStore's callers act on. A server in trouble and bytes hurt on the way are
// `unavailable`: trying again may help.
constexpr std::array kCodes{
    Row{"NoSuchKey", Code::no_such_key},
    Row{"NoSuchVersion", Code::no_such_key},
    Row{"NoSuchBucket", Code::no_such_bucket},
    Row{"NoSuchUpload", Code::no_such_upload},
    Row{"PreconditionFailed", Code::precondition_failed},
    Row{"ConditionalRequestConflict", Code::conflict},
    Row{"OperationAborted", Code::conflict},
    Row{"AccessDenied", Code::forbidden},
    Row{"AllAccessDisabled", Code::forbidden},
    Row{"RequestTimeTooSkewed", Code::forbidden},
    Row{"SignatureDoesNotMatch", Code::unauthenticated},
    Row{"InvalidAccessKeyId", Code::unauthenticated},
    Row{"InvalidToken", Code::unauthenticated},
    Row{"ExpiredToken", Code::unauthenticated},
    Row{"EntityTooLarge", Code::too_large},
    Row{"NotImplemented", Code::unsupported},
    Row{"MethodNotAllowed", Code::unsupported},
    Row{"SlowDown", Code::unavailable},
    Row{"ServiceUnavailable", Code::unavailable},
    Row{"InternalError", Code::unavailable},
    Row{"RequestTimeout", Code::unavailable},
    Row{"IncompleteBody", Code::unavailable},
    Row{"BadDigest", Code::unavailable},
    Row{"XAmzContentSHA256Mismatch", Code::unavailable},
};

Code code_of_status(int status) {
    switch (status) {
        case 401:
            return Code::unauthenticated;
        case 403:
            return Code::forbidden;
        case 404:
            return Code::no_such_key;
        case 405:
        case 501:
            return Code::unsupported;
        case 409:
            return Code::conflict;
        case 304:
        case 412:
            return Code::precondition_failed;
        case 413:
            return Code::too_large;
        case 429:
            return Code::unavailable;
        default:
            return status >= 500 ? Code::unavailable : Code::invalid_argument;
    }
}

Code code_of(std::string_view s3_code, int status) {
    const auto row = std::ranges::find(kCodes, s3_code, &Row::s3_code);
    return row == kCodes.end() ? code_of_status(status) : row->code;
}

}  // namespace

S3Error to_s3_error(const Error& error) {
    switch (error.code) {
        case Code::invalid_argument:
            return {"InvalidArgument", 400, error.message, {}};
        case Code::corrupt:
            return {"IncompleteBody",
                    400,
                    "You did not provide the number of bytes specified by the Content-Length HTTP "
                    "header",
                    {}};
        case Code::too_large: {
            S3Error too_large{
                "EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size", {}};
            if (error.exceeded) {
                too_large.details = {{"MaxSizeAllowed", std::to_string(error.exceeded->limit)},
                                     {"ProposedSize", std::to_string(error.exceeded->measured)}};
            }
            return too_large;
        }
        case Code::unsupported:
            return {"NotImplemented", 501, error.message, {}};
        case Code::no_such_key:
            return {"NoSuchKey", 404, "The specified key does not exist.", {}};
        case Code::no_such_bucket:
            return {"NoSuchBucket", 404, "The specified bucket does not exist", {}};
        case Code::no_such_upload:
            return {"NoSuchUpload",
                    404,
                    "The specified upload does not exist. The upload ID may be invalid, or the "
                    "upload may have been aborted or completed.",
                    {}};
        case Code::precondition_failed:
            return {"PreconditionFailed",
                    412,
                    "At least one of the pre-conditions you specified did not hold",
                    {}};
        case Code::conflict:
            return {"ConditionalRequestConflict",
                    409,
                    "The conditional request cannot succeed due to a conflicting operation against "
                    "this resource.",
                    {}};
        case Code::unauthenticated:
        case Code::forbidden:
            return {"AccessDenied", 403, "Access Denied", {}};
        case Code::busy:
            return {"SlowDown", 503, "Please reduce your request rate.", {}};
        case Code::timeout:
            return {"RequestTimeout",
                    400,
                    "Your socket connection to the server was not read from or written to within "
                    "the timeout period. Idle connections will be closed.",
                    {}};
        case Code::unavailable:
            return {"ServiceUnavailable", 503, "Service is unable to handle request.", {}};
        case Code::internal:
            return {
                "InternalError", 500, "We encountered an internal error. Please try again.", {}};
    }
    CHECK(false);  // Only a value that is no Code comes here.
}

Error from_s3_error(int status, std::string_view body, std::string_view what) {
    const pugi::xml_document document = load(body);
    const pugi::xml_node root = document.child("Error");
    const std::string_view s3_code = child_text(root, "Code");
    const std::string_view region = child_text(root, "Region");

    std::string message(what);
    message += ": S3 answered " + std::to_string(status);
    if (!s3_code.empty()) message += " " + printable(s3_code, 64);
    const std::string_view words = child_text(root, "Message");
    message += words.empty() ? "." : ": " + printable(words, 300);
    if (status == 301 || status == 307 || !region.empty()) {
        message += " (The bucket is in another region";
        if (!region.empty()) message += ", " + printable(region, 64);
        message += ": set AWS_REGION.)";
    }
    return {code_of(s3_code, status), std::move(message)};
}

std::string error_code(std::string_view body) {
    const pugi::xml_document document = load(body);
    return std::string(child_text(document.child("Error"), "Code"));
}

std::string format_error(const S3Error& error, std::string_view request_id,
                         std::string_view host_id) {
    XmlWriter xml = XmlWriter::bare("Error");
    xml.element("Code", error.code);
    xml.element("Message", error.message);
    for (const auto& [name, value] : error.details) xml.element(name, value);
    xml.element("RequestId", request_id);
    xml.element("HostId", host_id);
    return xml.finish();
}

std::string format_list_buckets(const BucketList& list, std::string_view owner_id) {
    XmlWriter xml("ListAllMyBucketsResult");
    owner(xml, owner_id);
    xml.open("Buckets");
    for (const BucketEntry& bucket : list.buckets) {
        xml.open("Bucket");
        xml.element("Name", bucket.name);
        xml.element("CreationDate", format_rfc3339(bucket.created));
        xml.close("Bucket");
    }
    xml.close("Buckets");
    if (!list.prefix.empty()) xml.element("Prefix", list.prefix);
    if (!list.next_token.empty()) xml.element("ContinuationToken", list.next_token);
    return xml.finish();
}

std::string format_list_objects(const ListResult& result, std::string_view owner_id) {
    const auto encode = [&](const std::string& text) {
        return result.encode_keys ? percent_encode(text, Slash::keep) : text;
    };
    XmlWriter xml("ListBucketResult");
    xml.element("Name", result.bucket);
    xml.element("Prefix", encode(result.prefix));
    if (!result.delimiter.empty()) xml.element("Delimiter", encode(result.delimiter));
    if (!result.start_after.empty()) xml.element("StartAfter", encode(result.start_after));
    if (!result.token.empty()) xml.element("ContinuationToken", result.token);
    if (!result.next_token.empty()) xml.element("NextContinuationToken", result.next_token);
    xml.element("KeyCount", std::to_string(result.entries.size() + result.common_prefixes.size()));
    xml.element("MaxKeys", std::to_string(result.max_keys));
    if (result.encode_keys) xml.element("EncodingType", "url");
    xml.element("IsTruncated", result.next_token.empty() ? "false" : "true");
    for (const store::ListEntry& entry : result.entries) {
        contents(xml, entry, encode(entry.key));
        if (result.fetch_owner) owner(xml, owner_id);
        xml.element("StorageClass", "STANDARD");
        xml.close("Contents");
    }
    for (const std::string& prefix : result.common_prefixes) {
        xml.open("CommonPrefixes");
        xml.element("Prefix", encode(prefix));
        xml.close("CommonPrefixes");
    }
    return xml.finish();
}

Result<store::ListPage> parse_list_objects(std::string_view xml) {
    const pugi::xml_document document = load(xml);
    const pugi::xml_node root = document.child("ListBucketResult");
    if (!root) {
        return Error{Code::corrupt, "The list of objects is no XML with a <ListBucketResult>."};
    }
    const bool encoded = child_text(root, "EncodingType") == "url";
    store::ListPage page;
    for (const pugi::xml_node& node : root.children("Contents")) {
        page.entries.push_back(TRY(parse_entry(node, encoded)));
    }
    if (child_text(root, "IsTruncated") != "true") return page;
    page.next_token = child_text(root, "NextContinuationToken");
    // Without it the same page would be asked for again and again.
    if (page.next_token.empty()) return lacks("NextContinuationToken");
    return page;
}

std::string format_post_response(std::string_view location, const store::ObjectId& id,
                                 std::string_view etag) {
    XmlWriter xml = XmlWriter::bare("PostResponse");
    xml.element("Location", location);
    xml.element("Bucket", id.bucket);
    xml.element("Key", id.key);
    xml.element("ETag", quote_etag(etag));
    return xml.finish();
}

}  // namespace imagemill::aws
