// users create|list|suspend|activate|delete|roles|passwd.
#include "server/cli/commands.hpp"
#include "server/cli/secret_input.hpp"
#include "server/cli/text_table.hpp"

#include <iostream>

namespace latchkey::cli {
namespace {

std::string user_path(const std::string& user)
{
    return "/api/v2/users/" + percent_encoded(user);
}

std::string roles_of(const json::value& user)
{
    const std::string roles = texts_of(user, "roles");
    return roles.empty() ? "member" : roles;
}

secret_text new_password(const invocation& given)
{
    if (given.has("password-file")) return read_secret(given.value("password-file"), "the password");
    secret_text password = ask_for_secret("New password", "--password-file FILE");
    if (ask_for_secret("Again", "--password-file FILE").expose() != password.expose())
        throw command_failure{ending::usage, "the two passwords differ"};
    return password;
}

// One by one; the first refusal ends the command.
ending change_each_user(const invocation& given,
                        std::string_view method,
                        std::string_view action,
                        std::string_view done)
{
    const server_client client{given};
    for (const std::string& user : given.operands) {
        const json::value answer = client.call(method, user_path(user) + std::string{action});
        if (given.wants_json())
            std::cout << json_line(json::object{{"user", user}, {"done", done}});
        else
            std::cout << done << ' ' << printable(user) << ".\n";
        std::cout.flush();
    }
    return ending::done;
}

void show_user(const invocation& given, const json::value& user, std::string_view what)
{
    if (given.wants_json())
        std::cout << json_line(user);
    else
        std::cout << what << ' ' << printable(text_of(user, "username")) << " (" << roles_of(user) << ").\n";
}

} // namespace

ending create_user(const invocation& given)
{
    json::object asked{{"username", given.operands.front()}, {"email", given.value("email")}};
    if (given.has("name")) asked["name"] = given.value("name");
    json::array roles;
    for (const std::string& role : given.values("role"))
        roles.emplace_back(role);
    if (!roles.empty()) asked["roles"] = roles;
    const server_client client{given};
    if (given.has("service-account")) {
        asked["service_account"] = true;
        asked["login_type"] = "none";
    } else {
        if (!given.has("email")) throw command_failure{ending::usage, "--email ADDRESS is needed"};
        asked["password"] = std::string{new_password(given).expose()};
    }
    show_user(given, client.call("POST", "/api/v2/users", asked), "created");
    return ending::done;
}

ending list_users(const invocation& given)
{
    const server_client client{given};
    std::string target = "/api/v2/users";
    if (!given.operands.empty()) target += "?q=" + percent_encoded(given.operands.front());
    const json::value answer = client.call("GET", target);
    const auto* const object = answer.if_object();
    const json::value* const users = object ? object->if_contains("users") : nullptr;
    if (!users || !users->is_array())
        throw command_failure{ending::failed, "the server's answer holds no users"};
    if (given.wants_json()) {
        std::cout << json_line(*users);
        return ending::done;
    }
    std::vector<text_row> rows{{"USERNAME", "E-MAIL", "STATUS", "ROLES", "LAST SEEN (UTC)"}};
    for (const json::value& user : users->get_array())
        rows.push_back({text_of(user, "username"),
                        text_of(user, "email"),
                        text_of(user, "status"),
                        roles_of(user),
                        minute_text(text_of(user, "last_seen_at"))});
    std::cout << table_text(rows);
    return ending::done;
}

ending suspend_users(const invocation& given)
{
    return change_each_user(given, "PUT", "/status/suspend", "suspended");
}

ending activate_users(const invocation& given)
{
    return change_each_user(given, "PUT", "/status/activate", "activated");
}

ending delete_users(const invocation& given)
{
    return change_each_user(given, "DELETE", "", "deleted");
}

ending change_roles(const invocation& given)
{
    const server_client client{given};
    const std::string& user = given.operands.front();
    if (given.operands.size() == 1 && !given.has("none")) {
        const json::value shown = client.call("GET", user_path(user));
        if (given.wants_json())
            std::cout << json_line(shown.as_object().at("roles"));
        else
            std::cout << roles_of(shown) << '\n';
        return ending::done;
    }
    if (given.operands.size() > 1 && given.has("none"))
        throw command_failure{ending::usage, "--none and roles exclude each other"};
    json::array roles;
    for (std::size_t at = 1; at < given.operands.size(); ++at)
        roles.emplace_back(given.operands[at]);
    show_user(
        given, client.call("PUT", user_path(user) + "/roles", json::object{{"roles", roles}}), "changed");
    return ending::done;
}

ending change_password(const invocation& given)
{
    const server_client client{given};
    const bool is_own = given.operands.empty() || given.operands.front() == "me";
    json::object body;
    if (given.has("old-password-file"))
        body["old_password"] =
            std::string{read_secret(given.value("old-password-file"), "the old password").expose()};
    else if (is_own)
        body["old_password"] =
            std::string{ask_for_secret("Password until now", "--old-password-file FILE").expose()};
    body["password"] = std::string{new_password(given).expose()};
    client.call("PUT", user_path(is_own ? "me" : given.operands.front()) + "/password", body);
    if (given.wants_json())
        std::cout << json_line(json::object{{"changed", true}});
    else if (is_own)
        std::cout << "Changed. Every token and session has ended: `latchkey login` begins a new one.\n";
    else
        std::cout << "Changed. Every token and session of that user has ended.\n";
    return ending::done;
}

} // namespace latchkey::cli
