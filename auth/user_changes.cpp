// What is done to users that exist: status, roles, password, deletion (contract 8.4).
#include "auth/audit_diff.hpp"
#include "auth/password.hpp"
#include "auth/quoted_text.hpp"
#include "auth/role_names.hpp"
#include "auth/standing.hpp"
#include "auth/user_service.hpp"

namespace latchkey {
namespace {

intended_action intended(std::string what, const user& target, unsigned success_status)
{
    return {std::move(what), "user", target.id, target.username, success_status, {}, {}};
}

bool is_self(const principal& caller, const user& target) noexcept
{
    return caller.account().id == target.id;
}

// Only owners change owners (contract 6.1).
bool is_above(const user& target, const principal& caller) noexcept
{
    return target.roles.has(role::owner) && !is_self(caller, target) && !acts_as_owner(caller);
}

user as_changed(user target, const user_change& change)
{
    if (change.status) target.status = *change.status;
    if (change.roles) target.roles = *change.roles;
    return target;
}

outcome<role_set> roles_of(const std::vector<std::string>& names)
{
    role_set roles;
    for (const std::string& name : names) {
        const std::optional<role> known = parse_role(name);
        if (known) roles.add(*known);
        if (known || name == "member") continue; // everybody is one
        return refusals::bad_request(in_quotes(name) + " is not a supported role");
    }
    return roles;
}

secret_text copy_of(const secret_text& text)
{
    return secret_text{std::string{text.expose()}};
}

} // namespace

task<outcome<revised<user>>> user_service::change(principal caller,
                                                  action wanted,
                                                  object what,
                                                  user target,
                                                  user_change wanted_change,
                                                  refusal otherwise,
                                                  std::string cannot,
                                                  request_origin from)
{
    const bool is_password = wanted_change.password_hash.has_value();
    intended_action intent = intended("write", target, is_password ? 204 : 200);
    intent.diff =
        is_password ? diff_of_new_password() : diff_of_changed(target, as_changed(target, wanted_change));
    const outcome<void> decided =
        co_await decisions_.decide(caller, wanted, what, intent, std::move(otherwise), from);
    if (!decided) co_return decided.error();

    outcome<void> stands = co_await still_stands(store_, clock_, caller);
    result<revised<user>> changed = error_code{storage_errc::not_found};
    if (stands) {
        wanted_change.now = clock_.now();
        changed = co_await store_.change_user(target.id, std::move(wanted_change));
    }
    if (changed) co_return std::move(*changed);
    refusal why = stands ? refusals::from_error(changed.error(), std::move(cannot)) : stands.error();
    refusal told =
        co_await decisions_.failed(std::move(caller), std::move(intent), std::move(why), std::move(from));
    co_return told;
}

task<outcome<revised<user>>>
user_service::set_status(principal caller, user target, user_status status, request_origin from)
{
    std::string cannot = "Internal error updating user's status to \"";
    cannot.append(to_string(status)).append("\".");
    // As Coder answers it (contract 8.4).
    const refusal not_allowed = refusals::internal(cannot, "unauthorized: rbac: forbidden");

    std::optional<refusal> obstacle;
    if (status == user_status::suspended && is_self(caller, target)) {
        obstacle = refusals::bad_request("You cannot suspend yourself.");
    } else if (status == user_status::suspended && target.roles.has(role::owner)) {
        obstacle = refusals::bad_request(
            "You cannot suspend a user with the \"owner\" role. You must remove the role first.");
    } else if (is_above(target, caller)) {
        obstacle = not_allowed;
    }
    if (obstacle) {
        intended_action intent = intended("write", target, 200);
        refusal why = co_await decisions_.refuse(
            std::move(caller), std::move(intent), std::move(*obstacle), std::move(from));
        co_return why;
    }

    user_change wanted;
    wanted.status = status;
    const object what = object_of(target);
    outcome<revised<user>> changed = co_await change(std::move(caller),
                                                     action::update,
                                                     what,
                                                     std::move(target),
                                                     std::move(wanted),
                                                     not_allowed,
                                                     std::move(cannot),
                                                     std::move(from));
    co_return changed;
}

task<outcome<revised<user>>> user_service::suspend(principal caller, user target, request_origin from)
{
    outcome<revised<user>> changed =
        co_await set_status(std::move(caller), std::move(target), user_status::suspended, std::move(from));
    co_return changed;
}

task<outcome<revised<user>>> user_service::activate(principal caller, user target, request_origin from)
{
    outcome<revised<user>> changed =
        co_await set_status(std::move(caller), std::move(target), user_status::active, std::move(from));
    co_return changed;
}

task<outcome<revised<user>>>
user_service::set_roles(principal caller, user target, std::vector<std::string> roles, request_origin from)
{
    const object what{resource_type::assign_role, target.id, std::nullopt};
    const outcome<role_set> asked = roles_of(roles);
    std::optional<refusal> obstacle;
    if (is_self(caller, target)) {
        obstacle = refusals::bad_request("You cannot change your own roles.");
    } else if (permits(caller, action::assign, what)) { // else `change` refuses
        if (!asked) obstacle = asked.error();
        const bool changes_something = asked && *asked != target.roles;
        if (changes_something && !acts_as_owner(caller)) obstacle = refusals::forbidden();
    }
    if (obstacle) {
        intended_action intent = intended("write", target, 200);
        refusal why = co_await decisions_.refuse(
            std::move(caller), std::move(intent), std::move(*obstacle), std::move(from));
        co_return why;
    }

    user_change wanted;
    if (asked) wanted.roles = *asked;
    outcome<revised<user>> changed = co_await change(std::move(caller),
                                                     action::assign,
                                                     what,
                                                     std::move(target),
                                                     std::move(wanted),
                                                     refusals::forbidden(),
                                                     "Internal error updating user's roles.",
                                                     std::move(from));
    co_return changed;
}

task<std::optional<refusal>>
user_service::password_obstacle(principal caller, user target, secret_text old_password, secret_text password)
{
    if (is_above(target, caller))
        co_return refusals::bad_request("Only owners can change the password of an owner.");
    if (target.login != login_type::password)
        co_return refusals::bad_request("Users without password login type cannot change their password.");
    if (is_self(caller, target) && old_password.empty())
        co_return refusals::bad_request("Old password is required.");
    if (const auto weak = password_fault(password.expose()))
        co_return refusals::invalid_field("Invalid password.", "password", *weak);

    // Whoever changes somebody else's need not know the old one; if he sends it, it must be right.
    if (!old_password.empty()) {
        const result<bool> matches =
            co_await hasher_.matches(copy_of(old_password), std::string{target.password_hash});
        if (!matches) co_return refusals::from_error(matches.error(), "Internal error with passwords.");
        if (!*matches) {
            co_return refusals::invalid_field(
                "Old password is incorrect.", "old_password", "Old password is incorrect.");
        }
    }
    const result<bool> repeats =
        co_await hasher_.matches(std::move(password), std::string{target.password_hash});
    if (!repeats) co_return refusals::from_error(repeats.error(), "Internal error with passwords.");
    if (*repeats) co_return refusals::bad_request("New password cannot match old password.");
    co_return std::nullopt;
}

task<outcome<revision>> user_service::set_password(
    principal caller, user target, secret_text old_password, secret_text password, request_origin from)
{
    const object what = object_of(target);
    intended_action intent = intended("write", target, 204);
    const outcome<void> allowed = co_await decisions_.decide_read(
        caller, action::update_personal, what, intent, refusals::not_found(), from);
    if (!allowed) co_return allowed.error();

    std::optional<refusal> obstacle =
        co_await password_obstacle(caller, target, std::move(old_password), copy_of(password));
    if (obstacle && obstacle->cause) co_return std::move(*obstacle);
    if (obstacle) {
        refusal why = co_await decisions_.refuse(
            std::move(caller), std::move(intent), std::move(*obstacle), std::move(from));
        co_return why;
    }
    result<std::string> hash = co_await hasher_.hash(std::move(password));
    if (!hash) co_return refusals::from_error(hash.error(), "Internal error with passwords.");

    user_change wanted;
    wanted.password_hash = std::move(*hash);
    wanted.drop_keys = true; // contract 1.10: tokens included
    outcome<revised<user>> changed = co_await change(std::move(caller),
                                                     action::update_personal,
                                                     what,
                                                     std::move(target),
                                                     std::move(wanted),
                                                     refusals::not_found(),
                                                     "Internal error updating user's password.",
                                                     std::move(from));
    if (!changed) co_return changed.error();
    co_return changed->changed_at;
}

task<outcome<revision>> user_service::remove(principal caller, user target, request_origin from)
{
    const object what = object_of(target);
    intended_action intent = intended("delete", target, 200);
    std::optional<refusal> obstacle;
    if (permits(caller, action::delete_, what)) { // else `decide` refuses
        if (is_self(caller, target)) {
            obstacle = refusals::denied("You cannot delete yourself!");
        } else if (is_above(target, caller)) {
            obstacle = refusals::forbidden();
        } else if (target.is_deleted) {
            obstacle = refusals::not_found();
        }
    }
    if (obstacle) {
        refusal why = co_await decisions_.refuse(
            std::move(caller), std::move(intent), std::move(*obstacle), std::move(from));
        co_return why;
    }

    user gone = target;
    gone.is_deleted = true;
    intent.diff = diff_of_changed(target, gone);
    const outcome<void> decided =
        co_await decisions_.decide(caller, action::delete_, what, intent, refusals::forbidden(), from);
    if (!decided) co_return decided.error();

    outcome<void> stands = co_await still_stands(store_, clock_, caller);
    result<revised<user>> deleted = error_code{storage_errc::not_found};
    if (stands) deleted = co_await store_.delete_user(target.id, clock_.now());
    if (deleted) co_return deleted->changed_at;
    refusal why =
        stands ? refusals::from_error(deleted.error(), "Internal error deleting user.") : stands.error();
    refusal told =
        co_await decisions_.failed(std::move(caller), std::move(intent), std::move(why), std::move(from));
    co_return told;
}

} // namespace latchkey
