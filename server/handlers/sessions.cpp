// The first user, login and logout (contract 8.1, 8.2).
#include "auth/password.hpp"
#include "auth/user_service.hpp"
#include "server/csrf.hpp"
#include "server/error_response.hpp"
#include "server/handlers/handlers.hpp"
#include "server/json_bodies.hpp"
#include "server/json_response.hpp"
#include "server/json_writer.hpp"
#include "server/session_cookie.hpp"
#include "server/shard_metrics.hpp"

#include <utility>

namespace latchkey::handlers {

task<response> has_first_user(request_context& context)
{
    auto asking = context.use.users.has_first_user();
    const auto exists = co_await std::move(asking);
    if (!exists) co_return error_response(exists.error(), context.use.web);
    if (*exists) co_return message_response(200, "The initial user has already been created!");
    co_return message_response(404, "The initial user has not been created!");
}

task<response> create_first_user(request_context& context)
{
    auto asked = parse_first_user(context.asked.body);
    if (!asked) co_return error_response(asked.error(), context.use.web);
    auto creating = context.use.users.create_first_user(std::move(*asked), context.origin);
    const auto created = co_await std::move(creating);
    if (!created) co_return error_response(created.error(), context.use.web);
    std::string json;
    json_object_writer{json}
        .text("user_id", to_string(created->id))
        .text("organization_id", to_string(uuid{})) // contract A8
        .finish();
    co_return json_response(201, std::move(json));
}

task<response> login(request_context& context)
{
    auto asked = parse_login(context.asked.body);
    if (!asked) co_return error_response(asked.error(), context.use.web);
    auto proving = context.use.users.login(asked->email, std::move(asked->password), context.origin);
    const auto token = co_await std::move(proving);
    if (!token) {
        const bool is_refused = token.error().status == 401 || token.error().status == 403;
        context.counts.count(is_refused ? login_outcome::refused : login_outcome::failed);
        co_return error_response(token.error(), context.use.web);
    }
    context.counts.count(login_outcome::accepted);
    response answer = text_field_response(201, "session_token", token->expose());
    add_session_cookie(answer, token->expose(), context.use.web.cookie);
    add_csrf_cookie(answer, token->expose(), context.use.web.cookie);
    co_return answer;
}

task<response> logout(request_context& context)
{
    auto leaving = context.use.users.logout(*context.caller, context.origin);
    const auto left = co_await std::move(leaving);
    if (!left) co_return error_response(left.error(), context.use.web);
    response answer = message_response(200, "Logged out!");
    clear_session_cookie(answer, context.use.web.cookie);
    co_return answer;
}

task<response> validate_password(request_context& context)
{
    const auto password = parse_password_check(context.asked.body);
    if (!password) co_return error_response(password.error(), context.use.web);
    const auto fault = password_fault(password->expose());
    std::string json;
    json_object_writer{json}.boolean("valid", !fault).text("details", fault.value_or("")).finish();
    co_return json_response(200, std::move(json));
}

task<response> authentication_methods(request_context& context)
{
    std::string json;
    json_object_writer methods{json};
    json_object_writer{methods.field("password")}.boolean("enabled", context.use.web.password_login).finish();
    json_object_writer{methods.field("github")}
        .boolean("enabled", false)
        .boolean("default_provider_configured", false)
        .finish();
    json_object_writer{methods.field("oidc")}
        .boolean("enabled", false)
        .text("signInText", "")
        .text("iconUrl", "")
        .finish();
    methods.finish();
    co_return json_response(200, std::move(json));
}

} // namespace latchkey::handlers
