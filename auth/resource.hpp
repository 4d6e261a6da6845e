// What rights are about: the resource types and actions of contract 5 and 6, as data. Latchkey itself
// holds only a few of them (api_key, user, assign_role, audit_log, deployment_config, ...); the others are
// rights that its tokens carry for services which ask whether a token is good. Constant data, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace latchkey {

enum class action : std::uint8_t {
    any, // "*"; in a permission_set a right of its own, which only "*" gives (contract 5.3)
    application_connect,
    assign,
    create,
    create_agent,
    delete_,
    delete_agent,
    read,
    read_personal,
    share,
    ssh,
    start,
    stop,
    unassign,
    update,
    update_agent,
    update_personal,
    use,
    view_insights,
};
inline constexpr std::size_t action_count = 19;

// One bit for each action.
using action_mask = std::uint32_t;

template <class... Actions>
constexpr action_mask mask_of(Actions... actions) noexcept
{
    return (action_mask{0} | ... | (action_mask{1} << static_cast<unsigned>(actions)));
}

enum class resource_type : std::uint8_t {
    any, // "*"
    aibridge_interception,
    api_key,
    assign_org_role,
    assign_role,
    audit_log,
    boundary_usage,
    chat,
    chat_model_config,
    connection_log,
    crypto_key,
    debug_info,
    deployment_config,
    deployment_stats,
    file,
    group,
    group_member,
    idpsync_settings,
    inbox_notification,
    license,
    notification_message,
    notification_preference,
    notification_template,
    oauth2_app,
    oauth2_app_code_token,
    oauth2_app_secret,
    organization,
    organization_member,
    prebuilt_workspace,
    provisioner_daemon,
    provisioner_jobs,
    replicas,
    system,
    tailnet_coordinator,
    task,
    template_,
    usage_event,
    user,
    user_memory,
    user_secret,
    user_skill,
    webpush_subscription,
    workspace,
    workspace_agent_devcontainers,
    workspace_agent_resource_monitor,
    workspace_dormant,
    workspace_proxy,
};
inline constexpr std::size_t resource_type_count = 47;

struct resource_row {
    resource_type type;
    std::string_view name;   // on the wire
    action_mask actions;     // all that exist for it, action::any included
    action_mask requestable; // those that a token may ask for as `name:action` (contract 5.1)
};

// Indexed by resource_type, ordered by name.
std::span<const resource_row, resource_type_count> resource_catalogue() noexcept;

std::string_view to_string(resource_type type) noexcept;
std::string_view to_string(action what) noexcept;

// Exact, lower case; "*" is `any`. Nothing for unknown names.
std::optional<resource_type> parse_resource_type(std::string_view name) noexcept;
std::optional<action> parse_action(std::string_view name) noexcept;

} // namespace latchkey
