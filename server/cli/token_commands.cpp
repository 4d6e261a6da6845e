// tokens create|list|show|expire|delete.
#include "auth/token.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/text_table.hpp"

#include <iostream>

namespace latchkey::cli {
namespace {

std::string keys_path(const invocation& given)
{
    return "/api/v2/users/" + percent_encoded(given.value("user", "me")) + "/keys";
}

// By name, then by id, as Coder's command line does it.
json::value find_token(const server_client& client, const invocation& given, const std::string& word)
{
    if (parse_token(word))
        throw command_failure{
            ending::usage,
            "that is a whole token, which everybody on this machine can now read: revoke it,"
            " and name tokens by the part before the dash"};
    const std::string keys = keys_path(given);
    const std::string part = percent_encoded(word);
    if (!client.has_token()) return client.call("GET", keys); // tells what is missing
    const server_answer by_name = client.ask("GET", keys + "/tokens/" + part, {}, &client.token());
    if (by_name.status == 200 && word != "tokenconfig") return by_name.parsed();
    if (by_name.status != 404 && word != "tokenconfig") fail_with(by_name);
    const server_answer by_id = client.ask("GET", keys + "/" + part, {}, &client.token());
    if (by_id.status == 200) return by_id.parsed();
    if (by_id.status != 404) fail_with(by_id);
    throw command_failure{ending::failed,
                          "there is no token `" + printable(word) + "`, or it is not yours to see"};
}

std::string name_or_dash(const json::value& token)
{
    const std::string name = text_of(token, "token_name");
    return name.empty() ? "-" : name;
}

json::array array_of(const std::vector<std::string>& texts)
{
    json::array all;
    for (const std::string& text : texts)
        all.emplace_back(text);
    return all;
}

// One by one; the first that cannot be found or changed ends the command.
ending change_each_token(const invocation& given,
                         std::string_view method,
                         std::string_view action,
                         std::string_view done)
{
    const server_client client{given};
    json::array changed;
    for (const std::string& word : given.operands) {
        const json::value token = find_token(client, given, word);
        const std::string id = text_of(token, "id");
        client.call(method, keys_path(given) + "/" + id + std::string{action});
        changed.emplace_back(id);
        if (!given.wants_json())
            std::cout << done << ' ' << id << " (" << printable(name_or_dash(token)) << ")." << std::endl;
    }
    if (given.wants_json()) std::cout << json_line(json::object{{std::string{done}, changed}});
    return ending::done;
}

} // namespace

ending create_token(const invocation& given)
{
    json::object asked;
    if (!given.operands.empty()) asked["token_name"] = given.operands.front();
    if (given.has("lifetime")) asked["lifetime"] = parse_lifetime(given.value("lifetime")).count();
    if (given.has("scope")) asked["scopes"] = array_of(given.values("scope"));
    if (given.has("allow")) asked["allow_list"] = array_of(given.values("allow"));
    const server_client client{given};
    const json::value made = client.call("POST", keys_path(given) + "/tokens", asked);
    const secret_text token{text_of(made, "key")};
    const std::string id{token.expose().substr(0, key_id::length)};

    // For the reader only: a token that may not read itself is a token all the same.
    const server_answer shown = client.ask("GET", keys_path(given) + "/" + id, {}, &client.token());
    const json::value details = shown.status == 200 ? shown.parsed() : json::value{json::object{}};
    if (given.wants_json()) {
        json::object whole{{"token", token.expose()}, {"id", id}};
        for (const auto& member : details.as_object())
            whole.insert(member);
        std::cout << json_line(whole);
        return ending::done;
    }
    std::cout << token.expose() << std::endl;
    std::cerr << "Token " << printable(name_or_dash(details)) << ", id " << id;
    if (shown.status == 200)
        std::cerr << ", expires " << minute_text(text_of(details, "expires_at")) << " UTC";
    std::cerr << ". It is shown this once.\n";
    return ending::done;
}

ending list_tokens(const invocation& given)
{
    const server_client client{given};
    std::string target = keys_path(given) + "/tokens?include_all=";
    target.append(given.has("all") ? "true" : "false").append("&include_expired=");
    target += given.has("expired") ? "true" : "false";
    const json::value tokens = client.call("GET", target);
    if (given.wants_json()) {
        std::cout << json_line(tokens);
        return ending::done;
    }
    std::vector<text_row> rows{{"ID", "NAME", "LAST USED", "EXPIRES (UTC)"}};
    if (given.has("all")) rows.front().emplace_back("OWNER");
    rows.front().emplace_back("SCOPES");
    if (tokens.is_array())
        for (const json::value& token : tokens.get_array()) {
            text_row row{text_of(token, "id"),
                         name_or_dash(token),
                         minute_text(text_of(token, "last_used")),
                         minute_text(text_of(token, "expires_at"))};
            if (given.has("all")) row.push_back(text_of(token, "username"));
            row.push_back(texts_of(token, "scopes"));
            rows.push_back(std::move(row));
        }
    if (rows.size() == 1)
        std::cerr << "No tokens. `latchkey tokens create NAME` makes one.\n";
    else
        std::cout << table_text(rows);
    return ending::done;
}

ending show_token(const invocation& given)
{
    const server_client client{given};
    const json::value token = find_token(client, given, given.operands.front());
    if (given.wants_json()) {
        std::cout << json_line(token);
        return ending::done;
    }
    std::cout << fields_text({{"id", text_of(token, "id")},
                              {"name", name_or_dash(token)},
                              {"owner", text_of(token, "user_id")},
                              {"scopes", texts_of(token, "scopes")},
                              {"allow list", texts_of(token, "allow_list")},
                              {"created", text_of(token, "created_at")},
                              {"last used", minute_text(text_of(token, "last_used"))},
                              {"expires", text_of(token, "expires_at")}});
    return ending::done;
}

ending expire_tokens(const invocation& given)
{
    return change_each_token(given, "PUT", "/expire", "expired");
}

ending delete_tokens(const invocation& given)
{
    return change_each_token(given, "DELETE", "", "deleted");
}

} // namespace latchkey::cli
