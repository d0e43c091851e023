#include "aws/post_policy.h"

#include <map>
#include <set>

#include "aws/auth_check.h"
#include "base/encodings.h"
#include "base/json.h"

namespace imagemill::aws {
namespace {

// Form fields by their lower-case names: S3 does not tell "Key" from "key".
using Fields = std::map<std::string, std::string, std::less<>>;

std::string_view value_of(const Fields& fields, std::string_view name) {
    const auto field = fields.find(name);
    return field == fields.end() ? std::string_view() : std::string_view(field->second);
}

// --- The form: which fields must be there, and who signed it.

std::variant<Fields, AuthError> collect(const http::Parameters& fields) {
    Fields collected;
    for (const auto& [name, value] : fields) {
        // Two fields of one name could be checked in one and used in the other.
        if (!collected.try_emplace(to_lower(name), value).second) {
            return invalid_argument("Bucket POST contains the field '" + shown(name) + "' twice.",
                                    shown(name));
        }
    }
    return collected;
}

std::optional<AuthError> check_presence(const Fields& fields) {
    if (fields.contains("awsaccesskeyid")) return signature_version_2();
    // Without any of them it is an anonymous upload.
    if (!fields.contains("policy") && !fields.contains("x-amz-signature")) {
        return access_denied("Access Denied");
    }
    for (const std::string_view name : {"key", "policy", "X-Amz-Algorithm", "X-Amz-Credential",
                                        "X-Amz-Date", "X-Amz-Signature"}) {
        if (!value_of(fields, to_lower(name)).empty()) continue;
        return invalid_argument("Bucket POST must contain a field named '" + std::string(name) +
                                    "'.  If it is specified, please check the order of the fields.",
                                std::string(name));
    }
    return std::nullopt;
}

std::variant<CredentialScope, AuthError> check_scope(const Fields& fields,
                                                     const VerifyOptions& options) {
    if (value_of(fields, "x-amz-algorithm") != "AWS4-HMAC-SHA256") {
        return invalid_argument("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"",
                                "X-Amz-Algorithm");
    }
    auto scope = parse_credential(value_of(fields, "x-amz-credential"), options.region);
    if (const auto* fault = std::get_if<ScopeFault>(&scope)) {
        return invalid_argument(fault->reason, "X-Amz-Credential");
    }
    const std::string_view date = value_of(fields, "x-amz-date");
    if (!parse_iso_basic(date)) {
        return invalid_argument(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"", "X-Amz-Date");
    }
    if (std::get<CredentialScope>(scope).date != date.substr(0, 8)) {
        return invalid_argument("The date of X-Amz-Credential is not the date of X-Amz-Date.",
                                "X-Amz-Credential");
    }
    return std::move(std::get<CredentialScope>(scope));
}

std::optional<AuthError> check_signature(const Fields& fields, const CredentialScope& scope,
                                         const VerifyOptions& options) {
    const auto key =
        find_credentials(scope.access_key, value_of(fields, "x-amz-security-token"), options);
    if (const auto* error = std::get_if<AuthError>(&key)) return *error;

    const std::string_view policy = value_of(fields, "policy");
    const std::string_view provided = value_of(fields, "x-amz-signature");
    const std::string& secret_key = std::get<Credentials>(key).secret_key;
    const std::string right =
        signature(signing_key(secret_key, scope.date, scope.region, "s3"), policy);
    if (equal_in_constant_time(right, provided)) return std::nullopt;
    return AuthError{"SignatureDoesNotMatch",
                     403,
                     "The request signature we calculated does not match the signature you "
                     "provided. Check your key and signing method.",
                     {{"AWSAccessKeyId", shown(scope.access_key)},
                      {"StringToSign", std::string(policy)},
                      {"SignatureProvided", std::string(provided)}}};
}

// --- The policy: what it says, as values.

enum class Test { equal, starts_with };

struct Condition {
    Test test = Test::equal;
    std::string field;  // Lower case, without "$".
    std::string name;   // As written, for the message.
    std::string value;
};

struct Policy {
    Time expiration;
    std::vector<Condition> conditions;
    std::int64_t size_min = 0;
    std::int64_t size_max = INT64_MAX;
};

Error invalid_policy(std::string reason) {
    return {Code::invalid_argument, "Invalid Policy: " + std::move(reason)};
}

// {"bucket":"photos"}
Result<Condition> parse_simple(const json::object& object) {
    if (object.size() != 1) {
        return invalid_policy(
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property "
            "specified.");
    }
    const auto& [name, value] = *object.begin();
    const json::string* text = value.if_string();
    if (text == nullptr) {
        return invalid_policy("Invalid Simple-Condition: value must be a string.");
    }
    return Condition{.test = Test::equal,
                     .field = to_lower(name),
                     .name = std::string(name),
                     .value = std::string(*text)};
}

// ["content-length-range", 1, 10485760]; boto writes numbers, some forms write them as text.
Result<std::int64_t> parse_bound(const json::value& value) {
    if (const json::string* text = value.if_string()) return parse_count(*text);
    return JsonReader(value).integer(0, INT64_MAX);
}

Result<void> parse_size(const json::array& parts, Policy& policy) {
    if (parts.size() != 3) {
        return invalid_policy("Invalid content-length-range: wrong number of arguments.");
    }
    const auto min = parse_bound(parts[1]);
    const auto max = parse_bound(parts[2]);
    if (!min || !max) {
        return invalid_policy("Invalid content-length-range: the bounds must be whole numbers.");
    }
    policy.size_min = std::max(policy.size_min, *min);
    policy.size_max = std::min(policy.size_max, *max);
    return {};
}

// ["eq", "$key", "cat.jpg"] or ["starts-with", "$key", "in/"]
Result<Condition> parse_match(const json::array& parts, std::string_view operation) {
    if (operation != "eq" && operation != "starts-with") {
        return invalid_policy("Invalid Condition: unknown operation '" + shown(operation) + "'.");
    }
    if (parts.size() != 3) {
        return invalid_policy("Invalid " + std::string(operation) + ": wrong number of arguments.");
    }
    const json::string* field = parts[1].if_string();
    const json::string* value = parts[2].if_string();
    if (field == nullptr || value == nullptr || !field->starts_with('$')) {
        return invalid_policy("Invalid " + std::string(operation) + ": expected [\"" +
                              std::string(operation) + "\", \"$field\", \"value\"].");
    }
    const std::string name(field->subview(1));
    return Condition{.test = operation == "eq" ? Test::equal : Test::starts_with,
                     .field = to_lower(name),
                     .name = name,
                     .value = std::string(*value)};
}

Result<void> parse_condition(const json::value& value, Policy& policy) {
    if (const json::object* object = value.if_object()) {
        policy.conditions.push_back(TRY(parse_simple(*object)));
        return {};
    }
    const json::array* parts = value.if_array();
    if (parts == nullptr) {
        return invalid_policy("Invalid condition test: must be a List or Object.");
    }
    const json::string* word = parts->empty() ? nullptr : parts->front().if_string();
    if (word == nullptr) {
        return invalid_policy("Invalid Condition: missing operation identifier.");
    }
    const std::string operation = to_lower(*word);
    if (operation == "content-length-range") return parse_size(*parts, policy);
    policy.conditions.push_back(TRY(parse_match(*parts, operation)));
    return {};
}

Result<Policy> parse_policy(std::string_view base64) {
    const auto bytes = parse_base64(base64);
    if (!bytes) return invalid_policy("invalid Base64 encoding.");
    const auto document = parse_json(as_text(*bytes));
    const json::object* object = document ? document->if_object() : nullptr;
    if (object == nullptr) return invalid_policy("Invalid JSON.");

    const json::value* expiration = object->if_contains("expiration");
    if (expiration == nullptr) return invalid_policy("Policy missing expiration.");
    const json::string* text = expiration->if_string();
    const auto time = parse_rfc3339(text == nullptr ? "" : std::string_view(*text));
    if (!time) return invalid_policy("Invalid 'expiration' value.");

    const json::value* conditions = object->if_contains("conditions");
    if (conditions == nullptr) return invalid_policy("Policy missing conditions.");
    const json::array* list = conditions->if_array();
    if (list == nullptr) return invalid_policy("Invalid 'conditions' value: must be a List.");
    Policy policy{.expiration = *time, .conditions = {}};
    for (const json::value& condition : *list) TRY(parse_condition(condition, policy));
    return policy;
}

// --- The form against the policy.

bool starts_with(const Condition& condition, std::string_view value) {
    if (condition.field != "content-type") return value.starts_with(condition.value);
    // A list of types must hold in each of its items.
    while (true) {
        const std::size_t end = value.find(',');
        if (!trim(value.substr(0, end)).starts_with(condition.value)) return false;
        if (end == std::string_view::npos) return true;
        value.remove_prefix(end + 1);
    }
}

bool holds(const Condition& condition, std::string_view value) {
    return condition.test == Test::equal ? value == condition.value : starts_with(condition, value);
}

std::string quoted(std::string_view text) {
    return json::serialize(json::string(text));
}

std::optional<AuthError> check_conditions(const Policy& policy, const Fields& fields,
                                          std::string_view bucket) {
    for (const Condition& condition : policy.conditions) {
        const std::string_view value =
            condition.field == "bucket" ? bucket : value_of(fields, condition.field);
        if (holds(condition, value)) continue;
        return access_denied("Invalid according to Policy: Policy Condition failed: [" +
                             quoted(condition.test == Test::equal ? "eq" : "starts-with") + ", " +
                             quoted("$" + condition.name) + ", " + quoted(condition.value) + "]");
    }
    return std::nullopt;
}

std::optional<AuthError> check_coverage(const Policy& policy, const Fields& fields) {
    std::set<std::string_view> covered{"x-amz-signature", "policy", "file"};
    for (const Condition& condition : policy.conditions) covered.insert(condition.field);
    // The bucket is in no field, and must be covered all the same.
    std::string extra = covered.contains("bucket") ? "" : "bucket";
    for (const auto& [name, value] : fields) {
        if (covered.contains(name) || name.starts_with("x-ignore-")) continue;
        extra += (extra.empty() ? "" : ", ") + shown(name);
    }
    if (extra.empty()) return std::nullopt;
    return access_denied("Invalid according to Policy: Extra input fields: " + extra);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> make_post_fields(
    const store::ObjectId& id, const store::PresignPostOptions& options,
    const SigningTarget& target, Time now) {
    const std::string iso_time = format_iso_basic(now);
    const std::string date = iso_time.substr(0, 8);
    std::vector<std::pair<std::string, std::string>> fields{
        {"key", id.key},
        {"Content-Type", options.content_type},
        {"x-amz-algorithm", "AWS4-HMAC-SHA256"},
        {"x-amz-credential",
         target.credentials.access_key + "/" + scope_of(date, target.region, target.service)},
        {"x-amz-date", iso_time}};
    if (!target.credentials.session_token.empty()) {
        fields.emplace_back("x-amz-security-token", target.credentials.session_token);
    }

    json::array conditions;
    conditions.push_back(json::object{{"bucket", id.bucket}});
    conditions.push_back({"content-length-range", options.size_min, options.size_max});
    for (const auto& [name, value] : fields) {
        conditions.push_back({"eq", "$" + name, value});
    }
    const json::object policy{
        {"expiration", format_rfc3339(now + std::chrono::seconds(options.seconds))},
        {"conditions", std::move(conditions)}};
    std::string encoded = format_base64(as_bytes(json::serialize(policy)));

    const Sha256 key =
        signing_key(target.credentials.secret_key, date, target.region, target.service);
    std::string hex = signature(key, encoded);
    fields.emplace_back("policy", std::move(encoded));
    fields.emplace_back("x-amz-signature", std::move(hex));
    return fields;
}

std::variant<CheckedPolicy, AuthError> check_post_policy(const http::Parameters& fields,
                                                         std::string_view bucket,
                                                         const VerifyOptions& options) {
    const auto collected = collect(fields);
    if (const auto* error = std::get_if<AuthError>(&collected)) return *error;
    const Fields& form = std::get<Fields>(collected);

    if (auto error = check_presence(form)) return std::move(*error);
    const auto scope = check_scope(form, options);
    if (const auto* error = std::get_if<AuthError>(&scope)) return *error;
    const std::string& access_key = std::get<CredentialScope>(scope).access_key;
    if (auto error = check_signature(form, std::get<CredentialScope>(scope), options)) {
        return std::move(*error);
    }

    const auto policy = parse_policy(value_of(form, "policy"));
    if (!policy) return AuthError{"InvalidPolicyDocument", 400, policy.error().message, {}};
    if (options.now > policy->expiration) {
        return access_denied("Invalid according to Policy: Policy expired.");
    }
    if (auto error = check_conditions(*policy, form, bucket)) return std::move(*error);
    if (auto error = check_coverage(*policy, form)) return std::move(*error);
    return CheckedPolicy{
        .access_key = access_key, .size_min = policy->size_min, .size_max = policy->size_max};
}

std::optional<AuthError> check_size(const CheckedPolicy& policy, std::int64_t size_bytes) {
    const std::string proposed = std::to_string(size_bytes);
    if (size_bytes > policy.size_max) {
        return AuthError{
            "EntityTooLarge",
            400,
            "Your proposed upload exceeds the maximum allowed size",
            {{"MaxSizeAllowed", std::to_string(policy.size_max)}, {"ProposedSize", proposed}}};
    }
    if (size_bytes < policy.size_min) {
        return AuthError{
            "EntityTooSmall",
            400,
            "Your proposed upload is smaller than the minimum allowed size",
            {{"MinSizeAllowed", std::to_string(policy.size_min)}, {"ProposedSize", proposed}}};
    }
    return std::nullopt;
}

}  // namespace imagemill::aws
