// The web page and what it asks for that the contract has no route for: who is signed in, with the proof
// against cross-site requests, and the figures of the live view.
//
//   GET /                            the page, and its parts below /assets/. ETag and If-None-Match.
//   GET /api/v2/latchkey/session     no credential needed. 200 {"needs_first_user":bool,"signed_in":bool,
//                                    "password_login":bool,"csrf_token":"","version":""}; csrf_token is what
//                                    X-CSRF-TOKEN must say beside the session cookie that was sent (contract
//                                    3.9), also when that has run out: empty without a cookie.
//   GET /api/v2/latchkey/activity    audit_log read, else 403. 200 counters since the start of the process.
#include "auth/audit_service.hpp"
#include "auth/time_text.hpp"
#include "auth/user_service.hpp"
#include "server/credential.hpp"
#include "server/csrf.hpp"
#include "server/error_response.hpp"
#include "server/handlers/handlers.hpp"
#include "server/json_response.hpp"
#include "server/json_writer.hpp"
#include "server/metrics.hpp"
#include "server/web_assets.hpp"
#include "storage/audit_log.hpp"
#include "storage/redis_store.hpp"

#include <string>
#include <utility>

namespace latchkey::handlers {
namespace {

// Everything the page may load comes from here, and nobody may frame it or be sent to by it.
constexpr std::string_view content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

response asset_response(const request& asked, std::string_view name)
{
    const web_asset* const found = find_web_asset(name);
    if (!found) {
        response missing = message_response(404, "Route not found.");
        return missing;
    }
    response answer;
    answer.add_header("ETag", found->etag);
    answer.add_header("Cache-Control", "no-cache"); // kept, but asked for again: a new version shows at once
    answer.add_header("Content-Security-Policy", content_security_policy);
    answer.add_header("Referrer-Policy", "no-referrer");
    answer.add_header("Cross-Origin-Opener-Policy", "same-origin");
    answer.add_header("Cross-Origin-Resource-Policy", "same-origin");
    answer.add_header("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
    if (names_etag(asked.if_none_match, found->etag)) {
        answer.status = 304;
        return answer;
    }
    answer.content_type = found->content_type;
    answer.body = found->body;
    return answer;
}

} // namespace

task<response> show_page(request_context& context)
{
    co_return asset_response(context.asked, "index.html");
}

task<response> show_asset(request_context& context)
{
    co_return asset_response(context.asked, context.key);
}

task<response> show_view(request_context& context)
{
    co_return asset_response(context.asked, "views/" + context.key);
}

task<response> show_session(request_context& context)
{
    const web_settings& web = context.use.web;
    auto asking = context.use.users.has_first_user();
    const auto exists = co_await std::move(asking);
    if (!exists) co_return error_response(exists.error(), web);

    const std::string_view cookie = session_cookie(context.asked, web.cookie);
    std::string json;
    json_object_writer{json}
        .boolean("needs_first_user", !*exists)
        .boolean("signed_in", context.caller.has_value())
        .boolean("password_login", web.password_login)
        .text("csrf_token", cookie.empty() ? std::string{} : csrf_token(cookie))
        .text("version", "v" LATCHKEY_VERSION)
        .finish();
    co_return json_response(200, std::move(json));
}

task<response> show_activity(request_context& context)
{
    auto asking = context.use.audits.permit_reading(*context.caller, context.origin);
    const auto permitted = co_await std::move(asking);
    if (!permitted) co_return error_response(permitted.error(), context.use.web);

    const auto totals = context.use.figures.totals();
    const audit_health audit = context.use.audit.health();
    std::string json;
    json_object_writer all{json};
    all.text("time", rfc3339_text(context.use.now.now()));
    json_object_writer verifications{all.field("verifications")};
    for (std::size_t outcome = 0; outcome < verification_outcome_names.size(); ++outcome)
        verifications.number(verification_outcome_names[outcome],
                             static_cast<std::int64_t>(totals.verifications[outcome]));
    verifications.finish();
    if (const auto* const cached = dynamic_cast<const redis_store*>(&context.use.records)) {
        const cache_figures cache = cached->figures();
        json_object_writer{all.field("cache")}
            .number("hits", static_cast<std::int64_t>(cache.hits))
            .number("misses", static_cast<std::int64_t>(cache.misses))
            .number("entries", static_cast<std::int64_t>(cache.entries))
            .finish();
    } else {
        all.raw("cache", "null"); // every key is in memory
    }
    all.number("connections_open", static_cast<std::int64_t>(totals.connections_open));
    all.number("audit_entries", static_cast<std::int64_t>(audit.entries)).finish();
    co_return json_response(200, std::move(json));
}

} // namespace latchkey::handlers
