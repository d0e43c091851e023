#include "grants.h"

#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "base/json.h"

namespace imagemill {
namespace {

constexpr std::string_view kGrants =
#include "grants_json.inc"
    ;

local::Action action_of(std::string_view name) {
    const std::vector<local::Action> actions = local::all_actions();
    const auto found = std::ranges::find(actions, name, local::name_of);
    CHECK(found != actions.end());
    return *found;
}

std::string_view text_of(const json::object& grant, std::string_view member) {
    return grant.at(member).as_string();
}

}  // namespace

std::vector<local::FunctionGrants> function_grants(const std::string& source_bucket,
                                                   const std::string& destination_bucket) {
    const auto document = parse_json(kGrants);
    CHECK(document);
    std::vector<local::FunctionGrants> functions;
    for (const auto& [function, list] : document->as_object()) {
        local::FunctionGrants& one = functions.emplace_back();
        one.function = std::string(function);
        for (const json::value& value : list.as_array()) {
            const json::object& grant = value.as_object();
            const bool is_source = text_of(grant, "bucket") == "source";
            one.grants.push_back({action_of(text_of(grant, "action")),
                                  is_source ? source_bucket : destination_bucket,
                                  std::string(text_of(grant, "prefix"))});
        }
    }
    return functions;
}

}  // namespace imagemill
