// How users come to be: the system's own, the first one, and those that administrators add
// (contract 8.1, 8.4).
#include "auth/audit_diff.hpp"
#include "auth/names.hpp"
#include "auth/password.hpp"
#include "auth/quoted_text.hpp"
#include "auth/role_names.hpp"
#include "auth/standing.hpp"
#include "auth/user_service.hpp"

namespace latchkey {
namespace {

constexpr std::string_view cannot_create_user = "Internal error creating user.";
constexpr std::string_view first_exists = "The initial user has already been created.";

std::string tag_fault(std::string_view tag, std::string_view value)
{
    std::string detail = "Validation failed for tag \"";
    detail.append(tag).append("\" with value: \"").append(value).append("\"");
    return detail;
}

// Contract 4.3, 4.4: here as well as at the wire, because the first user may come from the environment.
std::optional<refusal> field_faults(const new_user& asked)
{
    refusal why = refusals::bad_request("Validation failed.");
    const auto must = [&why](bool holds, std::string field, std::string_view tag, std::string_view value) {
        if (!holds) why.validations.push_back({std::move(field), tag_fault(tag, value)});
    };
    const bool has_email = !asked.email.empty();
    must(has_email || asked.service_account, "email", "required", "");
    must(!has_email || is_email_address(asked.email), "email", "email", asked.email);
    must(!asked.username.empty(), "username", "required", "");
    must(asked.username.empty() || !username_fault(asked.username), "username", "username", asked.username);
    must(!real_name_fault(asked.name), "name", "user_real_name", asked.name);
    const bool has_known_status =
        asked.user_status.empty() || asked.user_status == "active" || asked.user_status == "suspended";
    must(has_known_status, "user_status", "oneof", asked.user_status);
    if (why.validations.empty()) return std::nullopt;
    return why;
}

std::optional<refusal> account_fault(const new_user& asked)
{
    const bool is_none = asked.login_type == "none";
    if (asked.service_account) {
        if (!asked.login_type.empty() && !is_none)
            return refusals::bad_request("Service accounts must use login type 'none'.");
        if (!asked.password.empty())
            return refusals::bad_request("Password cannot be set for service accounts.");
        if (!asked.email.empty()) return refusals::bad_request("Email cannot be set for service accounts.");
        return std::nullopt;
    }
    if (is_none) return refusals::bad_request("Login type 'none' requires a service account.");
    if (asked.login_type.empty() || asked.login_type == "password") return std::nullopt;
    return refusals::bad_request("Unsupported login type " + in_quotes(asked.login_type) +
                                 " for manually creating new users.");
}

std::optional<refusal> password_refusal(const secret_text& password)
{
    const std::optional<std::string> wrong = password_fault(password.expose());
    if (!wrong) return std::nullopt;
    return refusals::invalid_field("Password is invalid", "password", *wrong);
}

intended_action creation_of(const user& draft)
{
    // The id is the new user's own, so that the entry is found by it.
    return {"create", "user", draft.id, draft.username, 201, diff_of_created(draft), {}};
}

// Only owners give roles, and not with a key that was given less than all of their rights: whoever could give
// one that he does not have would make himself an account that has it. What is left to user-admins is the
// implied role of a member, as in Coder.
bool may_give(const principal& caller, role_set roles) noexcept
{
    return roles == role_set{} || acts_as_owner(caller);
}

bool is_taken(error_code ec) noexcept
{
    return ec == storage_errc::username_taken || ec == storage_errc::email_taken;
}

} // namespace

user_service::user_service(store& records,
                           decision_log& decisions,
                           password_hasher& hasher,
                           const pepper_set& peppers,
                           const clock& now,
                           lifetime_settings lifetimes,
                           login_settings logins)
    : store_{records},
      decisions_{decisions},
      hasher_{hasher},
      peppers_{peppers},
      clock_{now},
      lifetimes_{lifetimes},
      logins_{logins}
{}

task<result<void>> user_service::ensure_system_user()
{
    const result<user> found = co_await store_.find_user(system_user_id);
    if (found) co_return result<void>{};
    if (found.error() != storage_errc::not_found) co_return found.error();

    user system;
    system.id = system_user_id;
    system.username = "system";
    system.login = login_type::none;
    system.is_system = true;
    system.created_at = system.updated_at = clock_.now();
    const result<void> inserted = co_await store_.insert_user(std::move(system));
    // Another server that shares the store may have been faster.
    if (!inserted && inserted.error() != storage_errc::id_taken) co_return inserted.error();
    co_return result<void>{};
}

task<outcome<bool>> user_service::has_first_user()
{
    const result<bool> answer = co_await store_.has_users();
    if (!answer) co_return refusals::from_error(answer.error(), "Internal error fetching user count.");
    co_return *answer;
}

outcome<user> user_service::drafted(const new_user& asked) const
{
    if (auto wrong = account_fault(asked)) return std::move(*wrong);
    if (auto wrong = field_faults(asked)) return std::move(*wrong);
    user draft;
    draft.id = random_uuid();
    draft.username = asked.username;
    draft.email = asked.email;
    draft.name = asked.name;
    draft.login = asked.service_account ? login_type::none : login_type::password;
    draft.is_service_account = asked.service_account;
    draft.status = asked.user_status == "suspended" ? user_status::suspended : user_status::active;
    draft.created_at = draft.updated_at = clock_.now();
    for (const std::string& name : asked.roles) {
        const std::optional<role> known = parse_role(name);
        if (known) draft.roles.add(*known);
        if (known || name == "member") continue; // everybody is one
        return refusals::invalid_field(
            "Validation failed.", "roles", in_quotes(name) + " is not a supported role");
    }
    return draft;
}

task<outcome<user>> user_service::create_first_user(new_user asked, request_origin from)
{
    asked.roles.clear();
    asked.user_status.clear();
    asked.login_type.clear();
    asked.service_account = false;
    outcome<user> draft = drafted(asked);
    if (!draft) co_return draft.error();
    draft->roles.add(role::owner);
    intended_action intent = creation_of(*draft);

    const result<bool> has_users = co_await store_.has_users();
    if (!has_users) co_return refusals::from_error(has_users.error(), std::string{cannot_create_user});
    if (*has_users) {
        refusal exists = refusals::conflict(std::string{first_exists});
        refusal why =
            co_await decisions_.refuse(std::nullopt, std::move(intent), std::move(exists), std::move(from));
        co_return why;
    }
    if (auto weak = password_refusal(asked.password)) co_return std::move(*weak);
    result<std::string> hash = co_await hasher_.hash(std::move(asked.password));
    if (!hash) co_return refusals::from_error(hash.error(), std::string{cannot_create_user});
    draft->password_hash = std::move(*hash);

    const outcome<void> recorded = co_await decisions_.record(std::nullopt, intent, from);
    if (!recorded) co_return recorded.error();
    const result<void> inserted = co_await store_.insert_first_user(*draft);
    if (inserted) co_return std::move(*draft);

    refusal why = refusals::from_error(inserted.error(), std::string{cannot_create_user});
    if (inserted.error() == storage_errc::users_exist) why = refusals::conflict(std::string{first_exists});
    if (is_taken(inserted.error())) why = refusals::conflict("User already exists.");
    refusal told =
        co_await decisions_.failed(std::nullopt, std::move(intent), std::move(why), std::move(from));
    co_return told;
}

task<outcome<user>> user_service::create(principal caller, new_user asked, request_origin from)
{
    const object what{resource_type::user, std::nullopt, std::nullopt};
    const refusal not_allowed = refusals::denied("You are not authorized to create users.");
    // What cannot be a name is not recorded as one: people paste tokens and passwords into the wrong field.
    const std::string target = username_fault(asked.username) ? std::string{} : asked.username;
    intended_action intent{"create", "user", std::nullopt, target, 201, {}, {}};
    const outcome<void> allowed =
        co_await decisions_.decide_read(caller, action::create, what, intent, not_allowed, from);
    if (!allowed) co_return allowed.error();

    outcome<user> draft = drafted(asked);
    std::optional<refusal> obstacle;
    if (!draft) obstacle = draft.error();
    if (draft && !may_give(caller, draft->roles)) obstacle = refusals::forbidden();
    if (!obstacle && !asked.service_account) obstacle = password_refusal(asked.password);
    if (!obstacle) {
        // Looked at first, so that the usual case is one refused entry; the insert decides.
        const outcome<bool> taken = co_await is_known(draft->username, draft->email);
        if (!taken) co_return taken.error();
        if (*taken) obstacle = refusals::conflict("User already exists.");
    }
    if (obstacle) {
        refusal why = co_await decisions_.refuse(caller, intent, *obstacle, from);
        co_return why;
    }

    if (!asked.service_account) {
        result<std::string> hash = co_await hasher_.hash(std::move(asked.password));
        if (!hash) co_return refusals::from_error(hash.error(), std::string{cannot_create_user});
        draft->password_hash = std::move(*hash);
    }
    intent = creation_of(*draft);
    const outcome<void> decided =
        co_await decisions_.decide(caller, action::create, what, intent, not_allowed, from);
    if (!decided) co_return decided.error();
    outcome<void> stands = co_await still_stands(store_, clock_, caller);
    result<void> inserted = error_code{storage_errc::not_found};
    if (stands) inserted = co_await store_.insert_user(*draft);
    if (inserted) co_return std::move(*draft);

    refusal why =
        stands ? refusals::from_error(inserted.error(), std::string{cannot_create_user}) : stands.error();
    if (stands && is_taken(inserted.error())) why = refusals::conflict("User already exists.");
    refusal told =
        co_await decisions_.failed(std::move(caller), std::move(intent), std::move(why), std::move(from));
    co_return told;
}

task<outcome<bool>> user_service::is_known(std::string username, std::string email)
{
    const result<user> by_name = co_await store_.find_user_by_username(std::move(username));
    if (by_name) co_return true;
    if (by_name.error() != storage_errc::not_found)
        co_return refusals::from_error(by_name.error(), std::string{cannot_create_user});
    if (email.empty()) co_return false;
    const result<user> by_email = co_await store_.find_user_by_email(std::move(email));
    if (by_email) co_return true;
    if (by_email.error() != storage_errc::not_found)
        co_return refusals::from_error(by_email.error(), std::string{cannot_create_user});
    co_return false;
}

} // namespace latchkey
