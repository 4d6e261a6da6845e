#include "auth/decision.hpp"

#include "auth/crypto.hpp"

#include <algorithm>

namespace latchkey {
namespace {

constexpr std::size_t user_agent_limit = 256; // bytes

std::string harmless(std::string user_agent)
{
    if (user_agent.size() > user_agent_limit) user_agent.resize(user_agent_limit);
    std::replace_if(
        user_agent.begin(), user_agent.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
    return user_agent;
}

audit_entry entry_of(
    intended_action intent, std::string_view outcome, unsigned status, request_origin from, time_point now)
{
    audit_entry entry;
    entry.id = random_uuid();
    entry.time = now;
    entry.action = std::move(intent.action);
    entry.resource_type = std::move(intent.resource_type);
    entry.resource_id = intent.resource_id;
    entry.resource_target = std::move(intent.resource_target);
    entry.outcome = outcome;
    entry.status = static_cast<int>(status);
    entry.request_id = from.request_id;
    entry.address = std::move(from.address);
    entry.user_agent = harmless(std::move(from.user_agent));
    entry.additional_fields = std::move(intent.additional_fields);
    if (!from.trace_id.empty()) entry.additional_fields["trace_id"] = from.trace_id;
    // Contract 7.1: what did not happen changed nothing.
    const bool is_session = entry.action == "login" || entry.action == "logout";
    if (status < first_refusing_status && !is_session) entry.diff = std::move(intent.diff);
    return entry;
}

void set_actor(audit_entry& entry, const user& acting)
{
    entry.actor = acting.id;
    entry.actor_username = acting.username;
    entry.actor_email = acting.email;
}

void set_actor(audit_entry& entry, const principal& caller)
{
    set_actor(entry, caller.account());
    entry.actor_key = caller.key().id.view();
}

} // namespace

decision_log::decision_log(audit_log& log, const clock& now) : log_{log}, clock_{now} {}

task<outcome<void>> decision_log::append(audit_entry entry)
{
    return outcome_of(log_.append(std::move(entry)));
}

task<outcome<void>> decision_log::outcome_of(task<result<void>> appending)
{
    const result<void> written = co_await std::move(appending);
    if (written) co_return outcome<void>{};
    // Also when the queue is full: what cannot be recorded must not happen, and the caller did nothing
    // that a 429 could teach.
    refusal why = refusals::unavailable("Latchkey cannot write its audit log. Please try again.");
    why.cause = written.error();
    co_return why;
}

task<outcome<void>> decision_log::append_refusal(audit_entry entry, refusal why)
{
    auto appending = append(std::move(entry));
    outcome<void> written = co_await std::move(appending);
    if (!written) co_return written;
    co_return why;
}

task<refusal> decision_log::append_and_tell(audit_entry entry, refusal why)
{
    auto appending = append_refusal(std::move(entry), std::move(why));
    outcome<void> told = co_await std::move(appending);
    co_return std::move(told).error();
}

// The caller is told why his act failed even if the log cannot say so as well: nothing has happened that is
// not in it, and the log's own trouble shows in its health.
task<refusal> decision_log::append_failure(audit_entry entry, refusal why)
{
    auto appending = append(std::move(entry));
    static_cast<void>(co_await std::move(appending));
    co_return why;
}

// What follows are no coroutines: each has the entry ready when it returns, and leaves the waiting to one of
// those above, so that nothing else is kept meanwhile (./dev bench create).

task<outcome<void>> decision_log::decide(const principal& caller,
                                         action wanted,
                                         object what,
                                         intended_action intent,
                                         refusal otherwise,
                                         request_origin from)
{
    const bool permitted = permits(caller, wanted, what);
    const std::string_view verdict = permitted ? "allowed" : "refused";
    const unsigned status = permitted ? intent.success_status : otherwise.status;
    audit_entry entry = entry_of(std::move(intent), verdict, status, std::move(from), clock_.now());
    set_actor(entry, caller);
    if (permitted) return append(std::move(entry));
    return append_refusal(std::move(entry), std::move(otherwise));
}

task<outcome<void>> decision_log::decide_read(const principal& caller,
                                              action wanted,
                                              object what,
                                              intended_action intent,
                                              refusal otherwise,
                                              request_origin from)
{
    if (permits(caller, wanted, what)) return done_with(outcome<void>{});
    return decide(caller, wanted, std::move(what), std::move(intent), std::move(otherwise), std::move(from));
}

task<refusal> decision_log::refuse(std::optional<principal> caller,
                                   intended_action intent,
                                   refusal why,
                                   request_origin from)
{
    audit_entry entry = entry_of(std::move(intent), "refused", why.status, std::move(from), clock_.now());
    if (caller) set_actor(entry, *caller);
    return append_and_tell(std::move(entry), std::move(why));
}

task<refusal> decision_log::refuse_login(std::optional<user> tried,
                                         intended_action intent,
                                         refusal why,
                                         request_origin from)
{
    audit_entry entry = entry_of(std::move(intent), "refused", why.status, std::move(from), clock_.now());
    if (tried) set_actor(entry, *tried);
    return append_and_tell(std::move(entry), std::move(why));
}

task<outcome<void>>
decision_log::record(std::optional<user> acting, intended_action intent, request_origin from)
{
    const unsigned status = intent.success_status;
    audit_entry entry = entry_of(std::move(intent), "allowed", status, std::move(from), clock_.now());
    if (acting) set_actor(entry, *acting);
    return append(std::move(entry));
}

task<outcome<void>>
decision_log::record_of(const principal& acting, intended_action intent, request_origin from)
{
    const unsigned status = intent.success_status;
    audit_entry entry = entry_of(std::move(intent), "allowed", status, std::move(from), clock_.now());
    set_actor(entry, acting);
    return append(std::move(entry));
}

task<refusal> decision_log::failed(std::optional<principal> caller,
                                   intended_action intent,
                                   refusal why,
                                   request_origin from)
{
    audit_entry entry = entry_of(std::move(intent), "failed", why.status, std::move(from), clock_.now());
    if (caller) set_actor(entry, *caller);
    return append_failure(std::move(entry), std::move(why));
}

task<refusal>
decision_log::failed_act_of(const user& acting, intended_action intent, refusal why, request_origin from)
{
    audit_entry entry = entry_of(std::move(intent), "failed", why.status, std::move(from), clock_.now());
    set_actor(entry, acting);
    return append_failure(std::move(entry), std::move(why));
}

} // namespace latchkey
