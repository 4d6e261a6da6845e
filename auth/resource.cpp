#include "auth/resource.hpp"

#include <algorithm>

namespace latchkey {
namespace {

using enum action;
using type = resource_type;

constexpr action_mask none = 0;
constexpr action_mask all = mask_of(action::any);
constexpr action_mask crud = mask_of(create, read, update, delete_);
constexpr action_mask workspace_actions =
    crud | mask_of(application_connect, create_agent, delete_agent, share, ssh, start, stop, update_agent);

// What exists, and what of it a token may ask for (contract 5.1). `*` is allowed on top where the second
// mask holds `all`.
constexpr std::array<resource_row, resource_type_count> catalogue{{
    {type::any, "*", all, none},
    {type::aibridge_interception, "aibridge_interception", all | mask_of(create, read, update), none},
    {type::api_key, "api_key", all | crud, all | crud},
    {type::assign_org_role, "assign_org_role", all | crud | mask_of(assign, unassign), none},
    {type::assign_role, "assign_role", all | mask_of(assign, read, unassign), none},
    {type::audit_log, "audit_log", all | mask_of(create, read), none},
    {type::boundary_usage, "boundary_usage", all | mask_of(read, update, delete_), none},
    {type::chat, "chat", all | crud, none},
    {type::chat_model_config, "chat_model_config", all | crud, mask_of(read)},
    {type::connection_log, "connection_log", all | mask_of(read, update), none},
    {type::crypto_key, "crypto_key", all | crud, none},
    {type::debug_info, "debug_info", all | mask_of(read), none},
    {type::deployment_config, "deployment_config", all | mask_of(read, update), none},
    {type::deployment_stats, "deployment_stats", all | mask_of(read), none},
    {type::file, "file", all | mask_of(create, read), all | mask_of(create, read)},
    {type::group, "group", all | crud, none},
    {type::group_member, "group_member", all | mask_of(read), none},
    {type::idpsync_settings, "idpsync_settings", all | mask_of(read, update), none},
    {type::inbox_notification, "inbox_notification", all | mask_of(create, read, update), none},
    {type::license, "license", all | mask_of(create, read, delete_), none},
    {type::notification_message, "notification_message", all | crud, none},
    {type::notification_preference, "notification_preference", all | mask_of(read, update), none},
    {type::notification_template, "notification_template", all | mask_of(read, update), none},
    {type::oauth2_app, "oauth2_app", all | crud, none},
    {type::oauth2_app_code_token, "oauth2_app_code_token", all | mask_of(create, read, delete_), none},
    {type::oauth2_app_secret, "oauth2_app_secret", all | crud, none},
    {type::organization, "organization", all | crud, all | mask_of(read, update, delete_)},
    {type::organization_member, "organization_member", all | crud, none},
    {type::prebuilt_workspace, "prebuilt_workspace", all | mask_of(update, delete_), none},
    {type::provisioner_daemon, "provisioner_daemon", all | crud, none},
    {type::provisioner_jobs, "provisioner_jobs", all | mask_of(create, read, update), none},
    {type::replicas, "replicas", all | mask_of(read), none},
    {type::system, "system", all | crud, none},
    {type::tailnet_coordinator, "tailnet_coordinator", all | crud, none},
    {type::task, "task", all | crud, all | crud},
    {type::template_, "template", all | crud | mask_of(use, view_insights), all | crud | mask_of(use)},
    {type::usage_event, "usage_event", all | mask_of(create, read, update), none},
    {type::user,
     "user",
     all | crud | mask_of(read_personal, update_personal),
     all | mask_of(read, read_personal, update_personal)},
    {type::user_memory, "user_memory", all | crud, all | crud},
    {type::user_secret, "user_secret", all | crud, all | crud},
    {type::user_skill, "user_skill", all | crud, all | crud},
    {type::webpush_subscription, "webpush_subscription", all | mask_of(create, read, delete_), none},
    {type::workspace,
     "workspace",
     all | workspace_actions,
     all | crud | mask_of(ssh, start, stop, application_connect)},
    {type::workspace_agent_devcontainers, "workspace_agent_devcontainers", all | mask_of(create), none},
    {type::workspace_agent_resource_monitor,
     "workspace_agent_resource_monitor",
     all | mask_of(create, read, update),
     none},
    {type::workspace_dormant, "workspace_dormant", all | workspace_actions, none},
    {type::workspace_proxy, "workspace_proxy", all | crud, none},
}};

constexpr std::array<std::string_view, action_count> action_names{
    "*",      "application_connect", "assign",          "create", "create_agent",  "delete", "delete_agent",
    "read",   "read_personal",       "share",           "ssh",    "start",         "stop",   "unassign",
    "update", "update_agent",        "update_personal", "use",    "view_insights",
};

constexpr bool catalogue_is_in_order() noexcept
{
    for (std::size_t i = 0; i < catalogue.size(); ++i) {
        const resource_row& row = catalogue[i];
        if (row.type != static_cast<resource_type>(i)) return false;
        if (i > 0 && catalogue[i - 1].name >= row.name) return false;
        if ((row.requestable & ~row.actions) != 0) return false;
    }
    return true;
}
static_assert(catalogue_is_in_order());
static_assert(std::is_sorted(action_names.begin(), action_names.end()));
static_assert(static_cast<std::size_t>(view_insights) == action_count - 1);
static_assert(static_cast<std::size_t>(type::workspace_proxy) == resource_type_count - 1);

} // namespace

std::span<const resource_row, resource_type_count> resource_catalogue() noexcept
{
    return catalogue;
}

std::string_view to_string(resource_type type) noexcept
{
    return catalogue[static_cast<std::size_t>(type)].name;
}

std::string_view to_string(action what) noexcept
{
    return action_names[static_cast<std::size_t>(what)];
}

std::optional<resource_type> parse_resource_type(std::string_view name) noexcept
{
    const auto* found = std::lower_bound(
        catalogue.begin(), catalogue.end(), name, [](const resource_row& row, std::string_view wanted) {
            return row.name < wanted;
        });
    if (found == catalogue.end() || found->name != name) return std::nullopt;
    return found->type;
}

std::optional<action> parse_action(std::string_view name) noexcept
{
    const auto* found = std::lower_bound(action_names.begin(), action_names.end(), name);
    if (found == action_names.end() || *found != name) return std::nullopt;
    return static_cast<action>(found - action_names.begin());
}

} // namespace latchkey
