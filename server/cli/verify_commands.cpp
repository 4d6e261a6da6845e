// verify, health: what needs no session.
#include "auth/token.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/secret_input.hpp"
#include "server/cli/text_table.hpp"

#include <iostream>

namespace latchkey::cli {
namespace {

secret_text token_to_verify(const invocation& given)
{
    const std::string from = given.operands.empty() ? "-" : given.operands.front();
    if (parse_token(from))
        throw command_failure{
            ending::usage,
            "everybody on this machine can read a command's arguments: pipe the token in, or"
            " name a FILE that holds it"};
    if (given.operands.empty() && is_terminal_in()) return ask_for_secret("Token", "standard input");
    secret_text token = read_secret(from, "the token");
    for (const char c : token.expose()) // it becomes a header
        if (static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f)
            throw command_failure{ending::failed, "not valid: it holds characters that no token has"};
    return token;
}

std::string header(const server_answer& answer, std::string_view name)
{
    const auto at = answer.headers.find(name);
    return at == answer.headers.end() ? std::string{} : at->second;
}

json::array words_of(std::string_view text)
{
    json::array words;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (end != 0) words.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

void tell_valid(const server_answer& answer, bool as_json)
{
    const std::string user = header(answer, "x-latchkey-username");
    const std::string user_id = header(answer, "x-latchkey-user-id");
    const std::string id = header(answer, "x-latchkey-key-id");
    const std::string scopes = header(answer, "x-latchkey-scopes");
    const std::string expires = header(answer, "x-latchkey-expires-at");
    if (as_json) {
        std::cout << json_line(json::object{{"valid", true},
                                            {"key_id", id},
                                            {"user_id", user_id},
                                            {"username", user},
                                            {"scopes", words_of(scopes)},
                                            {"expires_at", expires}});
        return;
    }
    std::cout << fields_text(
        {{"valid", "yes"}, {"key", id}, {"user", user}, {"scopes", scopes}, {"expires", expires}});
}

} // namespace

ending verify_token(const invocation& given)
{
    const secret_text token = token_to_verify(given);
    std::string target = "/verify";
    for (const std::string option : {"scope", "allow"})
        for (const std::string& value : given.values(option))
            target += (target.find('?') == target.npos ? "?" : "&") + option + "=" + percent_encoded(value);
    const server_client client{given};
    const server_answer answer = client.ask("GET", target, {}, &token);
    if (answer.status == 200) {
        tell_valid(answer, given.wants_json());
        return ending::done;
    }
    if (answer.status != 401 && answer.status != 403) fail_with(answer);
    if (given.wants_json()) {
        std::cout << json_line(json::object{{"valid", false}, {"insufficient", answer.status == 403}});
    } else {
        std::cout << (answer.status == 403 ? "not valid for what was demanded\n" : "not valid\n");
    }
    return ending::failed;
}

// For a container's HEALTHCHECK, which knows 0 and 1 only.
ending check_health(const invocation& given)
{
    const server_client client{given};
    std::string problem;
    try {
        const server_answer answer = client.ask("GET", "/readyz");
        if (answer.status != 200) problem = answer.body;
    } catch (const command_failure& failure) {
        problem = failure.what();
    }
    while (problem.ends_with('\n'))
        problem.pop_back();
    if (given.wants_json())
        std::cout << json_line(json::object{{"ready", problem.empty()}, {"problem", problem}});
    else if (problem.empty())
        std::cout << "ready\n";
    else
        throw command_failure{ending::failed, "not ready: " + printable(problem)};
    return problem.empty() ? ending::done : ending::failed;
}

} // namespace latchkey::cli
