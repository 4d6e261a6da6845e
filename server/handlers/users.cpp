// Users and their roles (contract 8.4).
#include "auth/role_names.hpp"
#include "auth/user_service.hpp"
#include "server/error_response.hpp"
#include "server/handlers/handlers.hpp"
#include "server/json_bodies.hpp"
#include "server/json_response.hpp"
#include "server/json_writer.hpp"
#include "server/list_parameters.hpp"
#include "server/revision_header.hpp"

#include <utility>

namespace latchkey::handlers {
namespace {

response user_response(unsigned status, const outcome<user>& shown, const web_settings& web)
{
    if (!shown) return error_response(shown.error(), web);
    std::string json;
    append_user(json, *shown);
    return json_response(status, std::move(json));
}

response changed_user_response(const outcome<revised<user>>& changed, const web_settings& web)
{
    response answer = user_response(200, changed, web);
    if (changed) add_revision(answer, changed->changed_at);
    return answer;
}

} // namespace

task<response> list_users(request_context& context)
{
    list_parameters query{context.asked.query};
    user_list_request asked;
    asked.query = query.text("q");
    asked.after = query.id("after_id");
    asked.limit = query.count("limit");
    asked.offset = query.count("offset");
    if (const auto refused = query.refused()) co_return error_response(*refused, context.use.web);

    auto listing = context.use.users.list(*context.caller, std::move(asked), context.origin);
    const auto found = co_await std::move(listing);
    if (!found) co_return error_response(found.error(), context.use.web);

    std::string json;
    json_object_writer page{json};
    page.field("users");
    char before = '[';
    for (const user& shown : found->users) {
        json += std::exchange(before, ',');
        append_user(json, shown);
    }
    json += before == '[' ? "[]" : "]";
    page.number("count", static_cast<std::int64_t>(found->count)).finish();
    co_return json_response(200, std::move(json));
}

task<response> create_user(request_context& context)
{
    auto asked = parse_new_user(context.asked.body);
    if (!asked) co_return error_response(asked.error(), context.use.web);
    auto creating = context.use.users.create(*context.caller, std::move(*asked), context.origin);
    const auto created = co_await std::move(creating);
    co_return user_response(201, created, context.use.web);
}

task<response> get_user(request_context& context)
{
    auto finding = context.use.users.find(*context.caller, *context.target, context.origin);
    const auto found = co_await std::move(finding);
    co_return user_response(200, found, context.use.web);
}

task<response> delete_user(request_context& context)
{
    auto removing = context.use.users.remove(*context.caller, *context.target, context.origin);
    const auto removed = co_await std::move(removing);
    if (!removed) co_return error_response(removed.error(), context.use.web);
    response answer = message_response(200, "User has been deleted!");
    add_revision(answer, *removed);
    co_return answer;
}

task<response> suspend_user(request_context& context)
{
    auto suspending = context.use.users.suspend(*context.caller, *context.target, context.origin);
    const auto suspended = co_await std::move(suspending);
    co_return changed_user_response(suspended, context.use.web);
}

task<response> activate_user(request_context& context)
{
    auto activating = context.use.users.activate(*context.caller, *context.target, context.origin);
    const auto activated = co_await std::move(activating);
    co_return changed_user_response(activated, context.use.web);
}

task<response> get_roles(request_context& context)
{
    auto finding = context.use.users.find(*context.caller, *context.target, context.origin);
    const auto found = co_await std::move(finding);
    if (!found) co_return error_response(found.error(), context.use.web);
    std::string json;
    json_object_writer{json}
        .texts("roles", names_of(found->roles))
        .raw("organization_roles", "{}") // contract A8
        .finish();
    co_return json_response(200, std::move(json));
}

task<response> set_roles(request_context& context)
{
    auto roles = parse_roles(context.asked.body);
    if (!roles) co_return error_response(roles.error(), context.use.web);
    auto changing =
        context.use.users.set_roles(*context.caller, *context.target, std::move(*roles), context.origin);
    const auto changed = co_await std::move(changing);
    co_return user_response(200, changed, context.use.web);
}

task<response> set_password(request_context& context)
{
    auto asked = parse_password_change(context.asked.body);
    if (!asked) co_return error_response(asked.error(), context.use.web);
    auto changing = context.use.users.set_password(*context.caller,
                                                   *context.target,
                                                   std::move(asked->old_password),
                                                   std::move(asked->password),
                                                   context.origin);
    const auto changed = co_await std::move(changing);
    if (!changed) co_return error_response(changed.error(), context.use.web);
    response answer = no_content_response();
    add_revision(answer, *changed);
    co_return answer;
}

} // namespace latchkey::handlers
