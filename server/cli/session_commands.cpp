// login, logout, whoami.
#include "server/cli/commands.hpp"
#include "server/cli/kept_session.hpp"
#include "server/cli/secret_input.hpp"
#include "server/cli/text_table.hpp"

#include <boost/json/serialize.hpp>

#include <iostream>

namespace latchkey::cli {
namespace {

std::string email_for(const invocation& given)
{
    if (given.has("email")) return given.value("email");
    std::string name = given.value("username");
    if (name.find('@') != name.npos) return name;
    return ask_for("E-mail address", "--email ADDRESS");
}

secret_text password_for(const invocation& given, bool is_new)
{
    if (given.has("password-file")) return read_secret(given.value("password-file"), "the password");
    secret_text password = ask_for_secret("Password", "--password-file FILE");
    if (!is_new) return password;
    if (ask_for_secret("Again", "--password-file FILE").expose() != password.expose())
        throw command_failure{ending::usage, "the two passwords differ"};
    return password;
}

server_answer post(const server_client& client, const std::string& target, const json::value& body)
{
    std::string text = json::serialize(body);
    server_answer answer = client.ask("POST", target, text);
    wipe_memory(text.data(), text.size());
    if (answer.status == 201) return answer;
    // "Not signed in" would be odd to hear of a login: a wrong password is a refusal.
    try {
        fail_with(answer);
    } catch (const command_failure& why) {
        if (why.how() == ending::signed_out) throw command_failure{ending::failed, why.what()};
        throw;
    }
}

bool may_make_first_user(const invocation& given)
{
    if (given.has("first-user")) return true;
    if (!is_terminal_in())
        throw command_failure{ending::failed, "the server has no user yet; --first-user makes one"};
    const std::string answer = ask_for("The server has no user yet. Make the first one, an owner? [Y/n]", "");
    return answer.empty() || answer.front() == 'y' || answer.front() == 'Y';
}

kept_session sign_in(const invocation& given, const server_client& client)
{
    const server_answer first = client.ask("GET", "/api/v2/users/first");
    if (first.status != 200 && first.status != 404) fail_with(first);
    const bool is_empty = first.status == 404;
    if (is_empty && text_of(first.parsed(), "message").find("initial user") == std::string::npos)
        throw command_failure{ending::failed, client.url().text + " is no Latchkey server"};
    if (is_empty && !may_make_first_user(given))
        throw command_failure{ending::failed, "nobody can sign in before there is a user"};
    const std::string email = email_for(given);
    std::string username = given.value("username");
    if (is_empty && (username.empty() || username == email))
        username = ask_for("Username", "--username NAME");
    const secret_text password = password_for(given, is_empty);
    json::object body{{"email", email}, {"password", std::string{password.expose()}}};
    if (is_empty) {
        body["username"] = username;
        static_cast<void>(post(client, "/api/v2/users/first", body));
        std::cerr << "Made the first user, " << printable(username) << ".\n";
        body.erase("username");
    }
    const server_answer answer = post(client, "/api/v2/users/login", body);
    return {.url = client.url().text,
            .ca_file = given.value("ca-file"),
            .token = secret_text{text_of(answer.parsed(), "session_token")}};
}

// A session of its own where the token may make one, so that logout need not end the token.
kept_session sign_in_with_token(const invocation& given, const server_client& client)
{
    kept_session kept{.url = client.url().text, .ca_file = given.value("ca-file"), .token = {}};
    const server_answer made = client.ask("POST", "/api/v2/users/me/keys", {}, &client.token());
    if (made.status == 401 || made.status >= 500) fail_with(made);
    kept.is_own = made.status == 201;
    kept.token =
        secret_text{kept.is_own ? text_of(made.parsed(), "key") : std::string{client.token().expose()}};
    return kept;
}

void end_on_server(const server_client& client)
{
    const server_answer answer = client.ask("POST", "/api/v2/users/logout", {}, &client.token());
    if (answer.status != 200 && answer.status != 401) fail_with(answer); // 401: it had ended already
}

} // namespace

ending log_in(const invocation& given)
{
    const std::string word = given.operands.empty() ? std::string{} : given.operands.front();
    if (!word.empty() && given.has("url")) throw command_failure{ending::usage, "the URL is given twice"};
    server_client client =
        word.empty() ? server_client{given} : server_client{given, server_url::parse(word)};
    kept_session kept = given.has("token-file") ? sign_in_with_token(given, client) : sign_in(given, client);
    client.use_token(secret_text{std::string{kept.token.expose()}});
    const json::value caller = client.call("GET", "/api/v2/users/me");
    write_session(kept);
    if (given.wants_json())
        std::cout << json_line(json::object{{"url", kept.url}, {"user", caller}});
    else
        std::cout << "Signed in at " << kept.url << " as " << printable(text_of(caller, "username")) << ".\n";
    return ending::done;
}

ending log_out(const invocation& given)
{
    auto kept = read_session();
    if (!kept) throw command_failure{ending::signed_out, "nobody is signed in"};
    const bool is_own = kept->is_own;
    std::string problem;
    if (is_own) {
        server_client client{given, server_url::parse(kept->url)};
        client.use_token(std::move(kept->token));
        try {
            end_on_server(client);
        } catch (const command_failure& why) {
            problem = why.what(); // the file goes all the same: it is what this person asked for
        }
    }
    remove_session();
    if (!problem.empty())
        throw command_failure{ending::unreachable,
                              "the session is forgotten here, but lasts on the server: " + problem};
    std::cout << (is_own ? "Signed out of " : "Forgot the token (it is still valid) for ") << kept->url
              << ".\n";
    return ending::done;
}

ending show_caller(const invocation& given)
{
    const server_client client{given};
    const json::value caller = client.call("GET", "/api/v2/users/me");
    if (given.wants_json()) {
        std::cout << json_line(json::object{{"url", client.url().text}, {"user", caller}});
        return ending::done;
    }
    const std::string roles = texts_of(caller, "roles");
    std::cout << fields_text({{"user", text_of(caller, "username")},
                              {"id", text_of(caller, "id")},
                              {"e-mail", text_of(caller, "email")},
                              {"roles", roles.empty() ? "member" : roles},
                              {"server", client.url().text}});
    return ending::done;
}

} // namespace latchkey::cli
