#include "server/json_bodies.hpp"

#include "auth/allow_list.hpp"
#include "auth/names.hpp"
#include "server/go_json_decode.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

// The validator of contract 4.3, field by field in the order of the struct; one fault for each field.
class field_validator {
public:
    // `shown` is repeated in the answer, so only what is no secret.
    field_validator& must(bool holds, std::string_view field, std::string_view tag, std::string_view shown)
    {
        if (holds) return *this;
        std::string detail{"Validation failed for tag \""};
        detail.append(tag).append("\" with value: \"").append(shown).append("\"");
        faults_.push_back({std::string{field}, std::move(detail)});
        return *this;
    }

    field_validator& present(bool is_present, std::string_view field)
    {
        return must(is_present, field, "required", "");
    }

    field_validator& email(std::string_view field, const std::string& address)
    {
        if (address.empty()) return present(false, field);
        return must(is_email_address(address), field, "email", address);
    }

    field_validator& username(std::string_view field, const std::string& name)
    {
        if (name.empty()) return present(false, field);
        return must(!username_fault(name), field, "username", name);
    }

    field_validator& real_name(std::string_view field, const std::string& name)
    {
        return must(!real_name_fault(name), field, "user_real_name", name);
    }

    // Nothing when every field passed.
    std::optional<refusal> refused() const
    {
        if (faults_.empty()) return {};
        refusal why = refusals::bad_request("Validation failed.");
        why.validations = faults_;
        return why;
    }

private:
    std::vector<field_fault> faults_;
};

constexpr std::size_t shortest_element = 3; // of a list of text, with its comma

std::string allow_entry_fault(std::string_view text)
{
    const auto entry = parse_allow_entry(text);
    return entry ? std::string{} : entry.error().text;
}

} // namespace

outcome<token_request> parse_token_request(std::string_view body)
{
    token_request asked;
    std::int64_t lifetime = 0;
    const go_field fields[] = {
        {"lifetime", "time.Duration", &lifetime},
        {"scope", "codersdk.APIKeyScope", &asked.scope},
        {"scopes", "[]codersdk.APIKeyScope", &asked.scopes},
        {"token_name", "string", &asked.name},
        {"allow_list", "[]codersdk.APIAllowListTarget", &asked.allow_list, allow_entry_fault},
    };
    const auto decoded = decode_go_json(body, {"codersdk.CreateTokenRequest", fields});
    if (!decoded) return decoded.error();
    asked.lifetime = std::chrono::nanoseconds{lifetime};
    return asked;
}

outcome<new_user> parse_first_user(std::string_view body)
{
    new_user asked;
    const go_field fields[] = {
        {"email", "string", &asked.email},
        {"username", "string", &asked.username},
        {"name", "string", &asked.name},
        {"password", "string", &asked.password},
    };
    const auto decoded = decode_go_json(body, {"codersdk.CreateFirstUserRequest", fields});
    if (!decoded) return decoded.error();
    const auto refused = field_validator{}
                             .email("email", asked.email)
                             .username("username", asked.username)
                             .real_name("name", asked.name)
                             .present(!asked.password.empty(), "password")
                             .refused();
    if (refused) return *refused;
    return asked;
}

outcome<new_user> parse_new_user(std::string_view body)
{
    new_user asked;
    const go_field fields[] = {
        {"email", "string", &asked.email},
        {"username", "string", &asked.username},
        {"name", "string", &asked.name},
        {"password", "string", &asked.password},
        {"login_type", "codersdk.LoginType", &asked.login_type},
        {"user_status", "codersdk.UserStatus", &asked.user_status},
        {"service_account", "bool", &asked.service_account},
        {"roles", "[]string", &asked.roles},
    };
    const auto decoded = decode_go_json(body, {"codersdk.CreateUserRequestWithOrgs", fields});
    if (!decoded) return decoded.error();
    field_validator fits;
    // Accounts nobody logs in to have no address; which of them may exist is for user_service to say.
    if (!asked.email.empty() || (!asked.service_account && asked.login_type != "none"))
        fits.email("email", asked.email);
    fits.username("username", asked.username).real_name("name", asked.name);
    if (const auto refused = fits.refused()) return *refused;
    return asked;
}

outcome<login_body> parse_login(std::string_view body)
{
    login_body asked;
    const go_field fields[] = {
        {"email", "string", &asked.email},
        {"password", "string", &asked.password},
    };
    const auto decoded = decode_go_json(body, {"codersdk.LoginWithPasswordRequest", fields});
    if (!decoded) return decoded.error();
    const auto refused =
        field_validator{}.email("email", asked.email).present(!asked.password.empty(), "password").refused();
    if (refused) return *refused;
    return asked;
}

outcome<secret_text> parse_password_check(std::string_view body)
{
    secret_text password;
    const go_field fields[] = {{"password", "string", &password}};
    const auto decoded = decode_go_json(body, {"codersdk.ValidateUserPasswordRequest", fields});
    if (!decoded) return decoded.error();
    if (const auto refused = field_validator{}.present(!password.empty(), "password").refused())
        return *refused;
    return password;
}

outcome<password_change_body> parse_password_change(std::string_view body)
{
    password_change_body asked;
    const go_field fields[] = {
        {"old_password", "string", &asked.old_password},
        {"password", "string", &asked.password},
    };
    const auto decoded = decode_go_json(body, {"codersdk.UpdateUserPasswordRequest", fields});
    if (!decoded) return decoded.error();
    if (const auto refused = field_validator{}.present(!asked.password.empty(), "password").refused())
        return *refused;
    return asked;
}

outcome<std::vector<std::string>> parse_roles(std::string_view body)
{
    std::vector<std::string> roles;
    const go_field fields[] = {{"roles", "[]string", &roles}};
    const auto decoded = decode_go_json(body, {"codersdk.UpdateRoles", fields});
    if (!decoded) return decoded.error();
    return roles;
}

outcome<std::vector<std::string>> parse_token_batch(std::string_view body)
{
    std::vector<std::string> tokens;
    tokens.reserve(std::min(body.size() / shortest_element, most_tokens_at_once));
    bool is_given = false;
    const go_field fields[] = {{"tokens", "[]string", &tokens, nullptr, &is_given}};
    const auto decoded = decode_go_json(body, {"latchkey.VerifyTokensRequest", fields});
    if (!decoded) return decoded.error();
    const bool is_short = tokens.size() <= most_tokens_at_once;
    const auto refused = field_validator{}
                             .present(is_given, "tokens")
                             .must(is_short, "tokens", "max", std::to_string(tokens.size()))
                             .refused();
    if (refused) return *refused;
    return tokens;
}

} // namespace latchkey
