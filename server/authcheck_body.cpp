#include "server/authcheck_body.hpp"

#include "server/go_json_decode.hpp"
#include "server/go_json_syntax.hpp"
#include "storage/lower_case.hpp"

#include <boost/json/stream_parser.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace latchkey {
namespace {

namespace json = boost::json;

refusal not_json(std::string detail)
{
    return refusals::bad_request("Request body must be valid JSON.", std::move(detail));
}

std::string_view kind_of(const json::value& found) noexcept
{
    switch (found.kind()) {
    case json::kind::bool_: return "bool";
    case json::kind::string: return "string";
    case json::kind::array: return "array";
    case json::kind::object: return "object";
    case json::kind::null: return "null";
    default: return "number";
    }
}

refusal wrong_type(const json::value& found, std::string_view field, std::string_view type)
{
    std::string detail = "json: cannot unmarshal ";
    detail.append(kind_of(found)).append(" into Go ");
    if (field.empty())
        detail += "value";
    else
        detail.append("struct field AuthorizationRequest.").append(field);
    detail.append(" of type ").append(type);
    return not_json(std::move(detail));
}

bool same_name(std::string_view one, std::string_view lower) noexcept
{
    return std::equal(one.begin(), one.end(), lower.begin(), lower.end(), [](char a, char b) {
        return lower_case(a) == b;
    });
}

// Nothing when it is absent or null.
const json::value* field_of(const json::object& in, std::string_view name) noexcept
{
    const json::value* found = nullptr;
    for (const auto& field : in) {
        if (same_name({field.key().data(), field.key().size()}, name)) found = &field.value();
    }
    return found == nullptr || found->is_null() ? nullptr : found;
}

// The refusal when it is there and no string. `within`: the field that it is a part of.
std::optional<refusal>
read_text(const json::object& in, std::string_view within, std::string_view name, std::string& into)
{
    const json::value* found = field_of(in, name);
    if (found == nullptr) return std::nullopt;
    if (!found->is_string())
        return wrong_type(*found, std::string{within}.append(".").append(name), "string");
    into = std::string_view{found->get_string()};
    return std::nullopt;
}

outcome<rights_check> read_check(std::string_view name, const json::value& from)
{
    rights_check check;
    check.name = name;
    if (from.is_null()) return check;
    if (!from.is_object()) return wrong_type(from, "checks", "codersdk.AuthorizationCheck");
    if (auto fault = read_text(from.get_object(), "checks", "action", check.action)) return std::move(*fault);

    const json::value* object = field_of(from.get_object(), "object");
    if (object == nullptr) return check;
    if (!object->is_object()) return wrong_type(*object, "checks.object", "codersdk.AuthorizationObject");
    const json::object& about = object->get_object();
    const std::pair<std::string_view, std::string*> texts[] = {{"resource_type", &check.resource_type},
                                                               {"owner_id", &check.owner_id},
                                                               {"resource_id", &check.resource_id}};
    for (const auto& [name_of_text, into] : texts) {
        if (auto fault = read_text(about, "checks.object", name_of_text, *into)) return std::move(*fault);
    }
    const json::value* any = field_of(about, "any_org"); // of organisations, which do not exist here (A8)
    if (any != nullptr && !any->is_bool()) return wrong_type(*any, "checks.object.any_org", "bool");
    return check;
}

// The first value of the body; whatever follows it is not looked at.
std::optional<json::value> parse_first_value(std::string_view body)
{
    json::parse_options options;
    options.max_depth = max_json_depth;
    json::stream_parser parser{{}, options};
    error_code ec;
    parser.write_some(body.data(), body.size(), ec);
    if (!ec && !parser.done()) parser.finish(ec); // a number may go on
    if (ec) return std::nullopt;
    return parser.release();
}

} // namespace

outcome<std::vector<rights_check>> parse_authcheck(std::string_view body)
{
    if (std::string fault = go_syntax_fault(body); !fault.empty()) return not_json(std::move(fault));
    const std::optional<json::value> whole = parse_first_value(body);
    if (!whole) return not_json("exceeded max depth");

    std::vector<rights_check> checks;
    if (whole->is_null()) return checks;
    if (!whole->is_object()) return wrong_type(*whole, "", "codersdk.AuthorizationRequest");
    const json::value* asked = field_of(whole->get_object(), "checks");
    if (asked == nullptr) return checks;
    if (!asked->is_object()) return wrong_type(*asked, "checks", "map[string]codersdk.AuthorizationCheck");
    for (const auto& one : asked->get_object()) {
        auto check = read_check({one.key().data(), one.key().size()}, one.value());
        if (!check) return check.error();
        checks.push_back(std::move(*check));
    }
    std::sort(checks.begin(), checks.end(), [](const rights_check& one, const rights_check& other) {
        return one.name < other.name;
    });
    return checks;
}

} // namespace latchkey
