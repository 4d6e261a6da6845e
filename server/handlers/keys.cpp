// One key, by its id (contract 1.4, 1.5, 1.7, 1.8).
#include "auth/key_service.hpp"
#include "server/error_response.hpp"
#include "server/handlers/handlers.hpp"
#include "server/json_bodies.hpp"
#include "server/json_response.hpp"
#include "server/revision_header.hpp"

namespace latchkey::handlers {

task<response> create_session_key(request_context& context)
{
    auto creating = context.use.keys.create_session_key(*context.caller, *context.target, context.origin);
    const auto token = co_await std::move(creating);
    if (!token) co_return error_response(token.error(), context.use.web);
    co_return text_field_response(201, "key", token->expose());
}

task<response> get_key(request_context& context)
{
    auto finding = context.use.keys.find_by_id(*context.caller, context.key, context.origin);
    const auto found = co_await std::move(finding);
    if (!found) co_return error_response(found.error(), context.use.web);
    std::string json;
    append_key(json, *found);
    co_return json_response(200, std::move(json));
}

task<response> delete_key(request_context& context)
{
    auto removing = context.use.keys.remove(*context.caller, context.key, context.origin);
    const auto removed = co_await std::move(removing);
    if (!removed) co_return error_response(removed.error(), context.use.web);
    response answer = no_content_response();
    add_revision(answer, *removed);
    co_return answer;
}

task<response> expire_key(request_context& context)
{
    auto expiring = context.use.keys.expire(*context.caller, context.key, context.origin);
    const auto expired = co_await std::move(expiring);
    if (!expired) co_return error_response(expired.error(), context.use.web);
    response answer = no_content_response();
    add_revision(answer, *expired);
    co_return answer;
}

} // namespace latchkey::handlers
