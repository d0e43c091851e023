#include "local/s3/delete_objects.h"

#include "aws/xml_writer.h"
#include "local/s3/authorization.h"
#include "local/s3/conditions.h"
#include "local/s3/exchange.h"
#include "local/s3/router.h"
#include "local/s3/xml_body.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::int64_t kBodyBytesMax = 4 * 1024 * 1024;  // 1000 long keys, half of them escaped.

// What becomes of one key: refused before the store is asked, or an answer of the store's.
struct Fate {
    std::optional<aws::S3Error> error;
    std::size_t removal = 0;  // Which of those the store is asked for.
};

aws::S3Error no_such_version(const Deletion& deletion) {
    return {.code = "NoSuchVersion",
            .status = 404,
            .message = "The specified version does not exist.",
            .details = {{"VersionId", deletion.version_id.value_or("")}}};
}

// A condition on an ETag tells what is there, so it needs leave to read as well.
Outcome<Removal> plan_removal(const Deletion& deletion, const Exchange& exchange) {
    const std::string& bucket = exchange.operation.bucket;
    if (deletion.key.empty()) {
        return aws::S3Error{.code = "UserKeyMustBeSpecified",
                            .status = 400,
                            .message = "An object of the request has an empty key.",
                            .details = {}};
    }
    TRY(check_key(deletion.key));
    TRY(check_allowed(exchange.keys, exchange.access_key, Action::delete_object,
                      {.bucket = bucket, .key = deletion.key}));
    if (!deletion.unserved_condition.empty()) {
        return not_implemented("The condition " + deletion.unserved_condition);
    }
    if (deletion.version_id && *deletion.version_id != "null") return no_such_version(deletion);
    Removal removal{.key = deletion.key, .conditions = {}};
    if (!deletion.etag) return removal;
    removal.conditions.if_match = strip_quotes(*deletion.etag);
    if (removal.conditions.if_match.empty()) {
        return invalid_argument("ETag must be an ETag or \"*\".", "ETag", *deletion.etag);
    }
    TRY(check_allowed(exchange.keys, exchange.access_key, Action::get_object,
                      {.bucket = bucket, .key = deletion.key}));
    return removal;
}

// As DeleteObject answers: an object that must exist and does not fails the condition.
aws::S3Error of_refusal(const Error& error, const Deletion& deletion, const Exchange& exchange) {
    const bool wanted_any = strip_quotes(deletion.etag.value_or("")) == "*";
    if (error.code == Code::no_such_key && !wanted_any) {
        return conceal_missing_key(exchange.keys, exchange.access_key,
                                   {.bucket = exchange.operation.bucket, .key = deletion.key},
                                   of_store(error));
    }
    return precondition_failed("If-Match");
}

std::string format_result(const Deletions& deletions, const std::vector<Fate>& fates) {
    aws::XmlWriter xml("DeleteResult");
    for (std::size_t i = 0; i < fates.size(); ++i) {
        const Deletion& deletion = deletions.objects[i];
        const std::optional<aws::S3Error>& error = fates[i].error;
        if (!error && deletions.is_quiet) continue;
        const char* name = error ? "Error" : "Deleted";
        xml.open(name);
        xml.element("Key", deletion.key);
        if (deletion.version_id) xml.element("VersionId", *deletion.version_id);
        if (error) {
            xml.element("Code", error->code);
            xml.element("Message", error->message);
        }
        xml.close(name);
    }
    return xml.finish();
}

Deletion parse_deletion(const pugi::xml_node& node) {
    Deletion deletion;
    deletion.key = node.child("Key").child_value();
    if (node.child("ETag")) deletion.etag = trimmed_child(node, "ETag");
    if (node.child("VersionId")) deletion.version_id = trimmed_child(node, "VersionId");
    for (const char* condition : {"Size", "LastModifiedTime"}) {
        if (node.child(condition)) deletion.unserved_condition = condition;
    }
    return deletion;
}

}  // namespace

Outcome<Deletions> parse_deletions(Bytes xml) {
    pugi::xml_document document;
    const pugi::xml_node root = TRY(parse_root(document, xml, "Delete"));
    Deletions deletions;
    deletions.is_quiet = trimmed_child(root, "Quiet") == "true";
    for (const pugi::xml_node& object : root.children("Object")) {
        if (deletions.objects.size() == kDeletionsMax || !object.child("Key")) {
            return malformed_xml();
        }
        deletions.objects.push_back(parse_deletion(object));
    }
    if (deletions.objects.empty()) return malformed_xml();
    return deletions;
}

Answer run(const DeleteObjects&, Exchange& exchange) {
    const Buffer body = TRY(read_body(exchange, kBodyBytesMax, BodySum::required));
    const Deletions deletions = TRY(parse_deletions(body));

    std::vector<Fate> fates;
    std::vector<Removal> removals;
    for (const Deletion& deletion : deletions.objects) {
        auto removal = plan_removal(deletion, exchange);
        if (!removal) {
            fates.push_back({.error = std::move(removal).error(), .removal = 0});
            continue;
        }
        fates.push_back({.error = std::nullopt, .removal = removals.size()});
        removals.push_back(*std::move(removal));
    }

    // Who may remove none of them does not even learn whether there is such a bucket.
    std::vector<Result<void>> answers;
    if (!removals.empty()) {
        answers = TRY(exchange.store.remove_all(exchange.operation.bucket, removals,
                                                origin_of(exchange, "ObjectRemoved:Delete")));
    }
    for (std::size_t i = 0; i < fates.size(); ++i) {
        if (fates[i].error) continue;
        const Result<void>& answer = answers[fates[i].removal];
        if (answer) continue;
        fates[i].error = of_refusal(answer.error(), deletions.objects[i], exchange);
    }
    return http::Response::text(200, kXmlType, format_result(deletions, fates));
}

}  // namespace imagemill::local::s3
