// Introspection (RFC 7662) and revocation (RFC 7009). The token that is asked about comes from the form
// alone, never from where a caller's own credential is found. A token_type_hint is not looked at: there is
// one type of token, and a wrong hint must not hide one.
#include "auth/token_service.hpp"
#include "server/error_response.hpp"
#include "server/form_body.hpp"
#include "server/handlers/handlers.hpp"
#include "server/json_response.hpp"
#include "server/json_writer.hpp"
#include "server/revision_header.hpp"

#include <chrono>
#include <utility>

namespace latchkey::handlers {
namespace {

// RFC 6749 5.2.
response invalid_request()
{
    return text_field_response(400, "error", "invalid_request");
}

// As NumericDate (RFC 7519 2): whole seconds. An expiry is cut, so that nobody keeps the token longer.
std::int64_t seconds_of(time_point when) noexcept
{
    return std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
}

std::string joined(const std::vector<std::string>& scopes)
{
    std::string all;
    for (const std::string& scope : scopes) {
        if (!all.empty()) all += ' ';
        all += scope;
    }
    return all;
}

std::string introspection_json(const std::optional<key_with_owner>& live, const web_settings& web)
{
    std::string json;
    json_object_writer answer{json};
    answer.boolean("active", live.has_value());
    if (live) {
        const key_record& key = live->key;
        answer.text("scope", joined(key.rights->scopes))
            .text("username", live->owner.username)
            .text("token_type", "Bearer")
            .number("exp", seconds_of(key.expires_at))
            .number("iat", seconds_of(key.created_at))
            .text("sub", to_string(key.owner))
            .text("jti", key.id.view())
            .text_unless_empty("iss", web.access_url);
    }
    answer.finish();
    return json;
}

} // namespace

task<response> introspect(request_context& context)
{
    auto token = form_parameter(context.asked.body, "token");
    if (!token) co_return invalid_request();
    auto asking = context.use.held_tokens.introspect(
        *context.caller, std::move(*token), context.asked.least_revision, context.origin);
    const auto live = co_await std::move(asking);
    if (!live) co_return error_response(live.error(), context.use.web);
    co_return json_response(200, introspection_json(*live, context.use.web));
}

task<response> revoke(request_context& context)
{
    auto token = form_parameter(context.asked.body, "token");
    if (!token) co_return invalid_request();
    auto revoking = context.use.held_tokens.revoke(std::move(*token), context.origin);
    const auto revoked = co_await std::move(revoking);
    if (!revoked) co_return error_response(revoked.error(), context.use.web);
    response answer;
    add_revision(answer, *revoked);
    co_return answer;
}

} // namespace latchkey::handlers
