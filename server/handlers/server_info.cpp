// The server about itself, and what the caller may do (contract 5.4, 8.5).
#include "auth/policy.hpp"
#include "auth/quoted_text.hpp"
#include "auth/scope.hpp"
#include "auth/time_text.hpp"
#include "server/authcheck_body.hpp"
#include "server/error_response.hpp"
#include "server/handlers/handlers.hpp"
#include "server/json_response.hpp"
#include "server/json_writer.hpp"
#include "storage/audit_log.hpp"
#include "storage/store.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace latchkey::handlers {
namespace {

constexpr std::size_t max_checks_by_id = 10;
// A body can ask some fifty thousand questions, each against an allow list of 128 entries: after so many the
// shard's other requests go first.
constexpr std::size_t checks_a_turn = 500;

bool names_resource(const rights_check& check)
{
    return !check.resource_id.empty();
}

// Everything about one check that can be said without the store.
std::optional<refusal> fault_of(const rights_check& check)
{
    if (check.resource_type.empty()) {
        return refusals::bad_request("Object's \"resource_type\" field must be defined for key " +
                                     in_quotes(check.name) + ".");
    }
    if (!names_resource(check)) return std::nullopt;
    if (!parse_uuid(check.resource_id)) {
        return refusals::invalid_field("Object " + in_quotes(check.resource_id) + " id is not a valid uuid.",
                                       "resource_id",
                                       "invalid UUID length: " + std::to_string(check.resource_id.size()));
    }
    constexpr std::string_view with_id[] = {"group", "template", "user", "workspace"};
    if (std::find(std::begin(with_id), std::end(with_id), check.resource_type) == std::end(with_id)) {
        const std::string text =
            "Object type " + in_quotes(check.resource_type) + " does not support \"resource_id\" field.";
        return refusals::invalid_field(text, "resource_type", text);
    }
    return std::nullopt;
}

std::optional<refusal> fault_of(const std::vector<rights_check>& checks)
{
    const auto by_id = static_cast<std::size_t>(std::count_if(checks.begin(), checks.end(), names_resource));
    if (by_id > max_checks_by_id) {
        return refusals::bad_request(
            "Endpoint only supports using \"resource_id\" field up to 10 times. Found " +
            std::to_string(by_id) + " usages. Remove " + std::to_string(by_id - max_checks_by_id) +
            " objects with this field set.");
    }
    for (const rights_check& check : checks) {
        if (auto fault = fault_of(check)) return fault;
    }
    return std::nullopt;
}

// What `check` is about. Nothing for a type that does not exist, or an id that nothing here has.
std::optional<object> object_of(const rights_check& check, const principal& caller)
{
    const auto type = parse_resource_type(check.resource_type);
    if (!type) return std::nullopt;
    object what{*type, {}, {}};
    what.owner = check.owner_id == "me" ? caller.account().id : parse_uuid(check.owner_id);
    return what;
}

} // namespace

task<response> health(request_context&)
{
    response answer;
    answer.content_type = "text/plain; charset=utf-8";
    answer.body = "OK";
    co_return answer;
}

// 503 as soon as anything is missing, so that a load balancer prefers a server that can do everything.
// Whoever wants to keep verifying on a full disk balances by /healthz.
task<response> ready(request_context& context)
{
    const store_health records = context.use.records.health();
    const audit_health audit = context.use.audit.health();
    const bool is_leaving = context.use.is_leaving != nullptr && *context.use.is_leaving;
    const bool is_ready = !is_leaving && records.can_read && records.can_write && audit.can_write;

    std::string json;
    json_object_writer all{json};
    all.boolean("ready", is_ready).boolean("stopping", is_leaving);
    json_object_writer{all.field("store")}
        .boolean("can_read", records.can_read)
        .boolean("can_write", records.can_write)
        .text("problem", records.problem)
        .finish();
    json_object_writer{all.field("audit")}
        .boolean("can_write", audit.can_write)
        .text("problem", audit.problem)
        .finish();
    all.finish();
    co_return json_response(is_ready ? 200 : 503, std::move(json));
}

task<response> latency_check(request_context&)
{
    co_return message_response(200, "OK");
}

task<response> api_root(request_context&)
{
    co_return message_response(200, "👋");
}

task<response> build_info(request_context& context)
{
    const web_settings& web = context.use.web;
    std::string json;
    json_object_writer{json}
        .text("agent_api_version", "")
        .text("dashboard_url", web.access_url)
        .text("deployment_id", to_string(web.deployment_id))
        .text("external_url", "")
        .text("provisioner_api_version", "")
        .boolean("telemetry", false)
        .text("upgrade_message", "")
        .text("version", "v" LATCHKEY_VERSION) // contract A16
        .text("webpush_public_key", "")
        .boolean("workspace_proxy", false)
        .finish();
    co_return json_response(200, std::move(json));
}

task<response> entitlements(request_context& context)
{
    std::string json;
    json_object_writer{json}
        .raw("features", "{}")
        .raw("warnings", "[]")
        .raw("errors", "[]")
        .boolean("has_license", false)
        .boolean("trial", false)
        .boolean("require_telemetry", false)
        .text("refreshed_at", rfc3339_text(context.use.now.now()))
        .finish();
    co_return json_response(200, std::move(json));
}

task<response> list_scopes(request_context&)
{
    std::string json;
    json_object_writer{json}.texts("external", external_scope_names()).finish();
    co_return json_response(200, std::move(json));
}

task<response> check_authorisation(request_context& context)
{
    auto checks = parse_authcheck(context.asked.body);
    if (!checks) co_return error_response(checks.error(), context.use.web);
    if (const auto fault = fault_of(*checks)) co_return error_response(*fault, context.use.web);

    std::string json;
    json_object_writer answers{json};
    std::size_t answered = 0;
    for (const rights_check& check : *checks) {
        if (++answered % checks_a_turn == 0) co_await asio::post(use_task);
        std::optional<object> what = object_of(check, *context.caller);
        if (names_resource(check)) {
            // Of the types that may be named by id only users exist here (contract A8).
            const auto id = parse_uuid(check.resource_id);
            auto finding = context.use.records.find_user(*id);
            const auto found = co_await std::move(finding);
            if (!found && found.error() == storage_errc::unavailable) {
                co_return error_response(refusals::unavailable(), context.use.web);
            }
            what = std::nullopt;
            if (found && check.resource_type == "user" && !found->is_deleted) {
                what = object_of(*found);
            }
        }
        const auto wanted = parse_action(check.action);
        answers.boolean(check.name, what && wanted && permits(*context.caller, *wanted, *what));
    }
    answers.finish();
    co_return json_response(200, std::move(json));
}

} // namespace latchkey::handlers
