#include "server/authcheck_body.hpp"

#include "server/go_json_decode.hpp"
#include "server/go_json_syntax.hpp"

#include <boost/json/stream_parser.hpp>

#include <utility>

namespace latchkey {
namespace {

namespace json = boost::json;

refusal bad_json(std::string detail)
{
    return refusals::bad_request("Request body must be valid JSON.", std::move(detail));
}

refusal wrong_type(const json::value& found, std::string_view field, std::string_view type)
{
    std::string kind{json::to_string(found.kind())};
    if (found.is_number()) kind = "number";
    return bad_json("json: cannot unmarshal " + kind + " into Go struct field " + std::string{field} +
                    " of type " + std::string{type});
}

// Absent, null and a string are fine; anything else is a fault.
outcome<std::string> text_of(const json::object& from, std::string_view name, std::string_view field)
{
    const json::value* const found = from.if_contains(name);
    if (found == nullptr || found->is_null()) return std::string{};
    if (!found->is_string()) return wrong_type(*found, field, "string");
    return std::string{found->get_string()};
}

outcome<rights_check> check_from(std::string_view name, const json::value& sent)
{
    rights_check check;
    check.name = name;
    if (!sent.is_object()) {
        return wrong_type(sent, "AuthorizationRequest.checks", "codersdk.AuthorizationCheck");
    }
    auto action = text_of(sent.get_object(), "action", "AuthorizationCheck.checks.action");
    if (!action) return action.error();
    check.action = std::move(*action);

    const json::value* const described = sent.get_object().if_contains("object");
    if (described == nullptr || described->is_null()) return check;
    if (!described->is_object()) {
        return wrong_type(*described, "AuthorizationCheck.checks.object", "codersdk.AuthorizationObject");
    }
    const std::pair<std::string_view, std::string*> fields[] = {
        {"resource_type", &check.resource_type},
        {"owner_id", &check.owner_id},
        {"resource_id", &check.resource_id},
    };
    for (const auto& [field, into] : fields) {
        auto text = text_of(
            described->get_object(), field, "AuthorizationObject.checks.object." + std::string{field});
        if (!text) return text.error();
        *into = std::move(*text);
    }
    return check;
}

// The first value of the body; what stands behind it is ignored (contract 4.3).
outcome<json::value> first_value(std::string_view body)
{
    json::parse_options options;
    options.max_depth = max_json_depth;
    json::stream_parser parser{{}, options};
    json::error_code ec;
    parser.write_some(body.data(), body.size(), ec);
    if (!ec) parser.finish(ec);
    if (!ec) return parser.release();
    std::string fault = go_syntax_fault(body);
    return bad_json(fault.empty() ? "exceeded max depth" : std::move(fault));
}

} // namespace

outcome<std::vector<rights_check>> parse_authcheck(std::string_view body)
{
    const auto sent = first_value(body);
    if (!sent) return sent.error();
    std::vector<rights_check> checks;
    if (sent->is_null()) return checks;
    if (!sent->is_object()) {
        return bad_json("json: cannot unmarshal " + std::string{json::to_string(sent->kind())} +
                        " into Go value of type codersdk.AuthorizationRequest");
    }
    const json::value* const listed = sent->get_object().if_contains("checks");
    if (listed == nullptr || listed->is_null()) return checks;
    if (!listed->is_object()) {
        return wrong_type(*listed, "AuthorizationRequest.checks", "map[string]codersdk.AuthorizationCheck");
    }
    for (const auto& [name, described] : listed->get_object()) {
        auto check = check_from(name, described);
        if (!check) return check.error();
        checks.push_back(std::move(*check));
    }
    return checks;
}

} // namespace latchkey
