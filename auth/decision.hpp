// Deciding and recording are one call (design.md 6): whoever asks whether something is allowed has, when
// the answer arrives, already left the entry in the audit log, refusals included. The entry precedes the
// effect; an effect that then fails is followed by a second entry that says so. When the entry cannot be
// written, the answer is no (503).
#pragma once

#include "auth/policy.hpp"
#include "auth/principal.hpp"
#include "auth/refusal.hpp"
#include "storage/audit_log.hpp"

#include <optional>
#include <string>

namespace latchkey {

// What is about to be done, in the words of the audit trail (contract 7.1).
struct intended_action {
    std::string action;        // create, write, delete, login, logout, ...
    std::string resource_type; // api_key, user
    std::optional<uuid> resource_id;
    std::string resource_target;
    unsigned success_status = 200;
    std::string diff; // JSON, see audit_diff.hpp
    boost::json::object additional_fields;
};

class decision_log {
public:
    decision_log(audit_log& log, const clock& now);

    // Permitted: records the intent and succeeds. Not permitted: records the refusal and returns
    // `otherwise`. The log cannot take it: 503, nothing may be done.
    task<outcome<void>> decide(const principal& caller,
                               action wanted,
                               object what,
                               intended_action intent,
                               refusal otherwise,
                               request_origin from);

    // As decide, for reads: nothing is recorded when it is permitted.
    task<outcome<void>> decide_read(const principal& caller,
                                    action wanted,
                                    object what,
                                    intended_action intent,
                                    refusal otherwise,
                                    request_origin from);

    // A refusal for another reason than rights (name taken, invalid lifetime, wrong password, ...).
    // `caller` is nothing where nobody was proven. Returns `why`, or 503 when it cannot be recorded.
    task<refusal>
    refuse(std::optional<principal> caller, intended_action intent, refusal why, request_origin from);

    // An act that needs no right but is recorded (first user, login): as decide, without a decision.
    // `acting` is the user in whose name it is recorded, nothing where there is none yet.
    task<outcome<void>> record(std::optional<user> acting, intended_action intent, request_origin from);
    task<outcome<void>> record_of(const principal& acting, intended_action intent, request_origin from);

    // A login that was refused, in the name of the user it was tried for: nobody was proven, yet whoever
    // searches for that user's entries must find it (contract 7.1). Nothing for an unknown user.
    task<refusal>
    refuse_login(std::optional<user> tried, intended_action intent, refusal why, request_origin from);

    // The effect of a recorded intent failed: says so. Returns `why`.
    task<refusal>
    failed(std::optional<principal> caller, intended_action intent, refusal why, request_origin from);

    // The same of an act that was recorded with `record`.
    task<refusal> failed_act_of(const user& acting, intended_action intent, refusal why, request_origin from);

    audit_log& log() noexcept { return log_; }

private:
    task<outcome<void>> append(audit_entry entry);
    static task<outcome<void>> outcome_of(task<result<void>> appending);
    task<outcome<void>> append_refusal(audit_entry entry, refusal why);
    task<refusal> append_and_tell(audit_entry entry, refusal why);
    task<refusal> append_failure(audit_entry entry, refusal why);

    audit_log& log_;
    const clock& clock_;
};

} // namespace latchkey
