#include "auth/audit_service.hpp"

#include "auth/search_query.hpp"
#include "storage/audit_chain_check.hpp"

#include <array>

namespace latchkey {
namespace {

constexpr std::size_t standard_limit = 100;

// Contract 7.2, and the words that only Latchkey uses: read, verify, audit_log.
constexpr std::array<std::string_view, 15> known_actions{"create",
                                                         "write",
                                                         "delete",
                                                         "start",
                                                         "stop",
                                                         "login",
                                                         "logout",
                                                         "register",
                                                         "request_password_reset",
                                                         "connect",
                                                         "disconnect",
                                                         "open",
                                                         "close",
                                                         "read",
                                                         "verify"};
constexpr std::array<std::string_view, 20> known_types{"api_key",
                                                       "audit_log",
                                                       "convert_login",
                                                       "custom_role",
                                                       "git_ssh_key",
                                                       "group",
                                                       "health_settings",
                                                       "license",
                                                       "notification_template",
                                                       "notifications_settings",
                                                       "oauth2_provider_app",
                                                       "oauth2_provider_app_secret",
                                                       "organization",
                                                       "organization_member",
                                                       "template",
                                                       "template_version",
                                                       "user",
                                                       "workspace",
                                                       "workspace_build",
                                                       "workspace_proxy"};

struct audit_filter {
    audit_query query;
    bool matches_nothing = false; // asks for things that do not exist here (contract A8)
};

outcome<audit_filter> parse_filter(const audit_search_request& asked, const user& caller)
{
    search_query query{asked.query, "resource_type"};
    audit_filter wanted;
    wanted.query.request_id = query.id("request_id");
    wanted.query.resource_id = query.id("resource_id");
    wanted.query.resource_target = query.text("resource_target");
    wanted.query.resource_type = query.word("resource_type", known_types);
    wanted.query.action = query.word("action", known_actions);
    wanted.query.username = query.lower("username");
    if (wanted.query.username == "me") wanted.query.username = caller.username;
    wanted.query.email = query.lower("email");
    wanted.query.from = query.date("date_from");
    if (const auto last_day = query.date("date_to"))
        wanted.query.to = *last_day + std::chrono::days{1} - microseconds{1};
    const bool names_organization = query.text("organization").has_value();
    const bool names_build = query.text("build_reason").has_value();
    wanted.matches_nothing = names_organization || names_build;
    if (auto wrong = query.refused("Invalid audit search query.")) return std::move(*wrong);

    wanted.query.limit = asked.limit == 0 ? standard_limit : asked.limit;
    wanted.query.offset = asked.offset;
    wanted.query.after_id = asked.after_id;
    return wanted;
}

} // namespace

task<outcome<void>> audit_service::permit_reading(principal caller, request_origin from)
{
    const object what{resource_type::audit_log, std::nullopt, std::nullopt};
    intended_action intent{"read", "audit_log", std::nullopt, {}, 200, {}, {}};
    const outcome<void> seen = co_await decisions_.decide_read(
        caller, action::read, what, std::move(intent), refusals::forbidden(), std::move(from));
    co_return seen;
}

task<outcome<audit_verdict>> audit_service::verify_chain(principal caller, request_origin from)
{
    auto permitting = permit_reading(caller, std::move(from));
    const outcome<void> permitted = co_await std::move(permitting);
    if (!permitted) co_return permitted.error();
    if (!chain_) co_return refusals::unavailable("This server has no audit file to check.");

    auto checking = chain_->run();
    result<audit_verdict> verdict = co_await std::move(checking);
    if (verdict) co_return std::move(*verdict);
    if (verdict.error() == storage_errc::overloaded) {
        co_return refusals::conflict("The audit log is being checked already. Please wait for that to end.");
    }
    co_return refusals::from_error(verdict.error(), "Internal error checking the audit log.");
}

task<outcome<audit_page>>
audit_service::search(principal caller, audit_search_request asked, request_origin from)
{
    auto permitting = permit_reading(caller, std::move(from));
    const outcome<void> seen = co_await std::move(permitting);
    if (!seen) co_return seen.error();

    outcome<audit_filter> wanted = parse_filter(asked, caller.account());
    if (!wanted) co_return wanted.error();
    if (wanted->matches_nothing) co_return audit_page{};
    result<audit_page> page = co_await decisions_.log().search(std::move(wanted->query));
    if (!page) co_return refusals::from_error(page.error(), "Internal error fetching audit logs.");
    co_return std::move(*page);
}

} // namespace latchkey
