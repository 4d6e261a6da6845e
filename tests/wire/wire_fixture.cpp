#include "tests/wire/wire_fixture.hpp"

#include "auth/crypto.hpp"
#include "auth/time_text.hpp"
#include "server/http_limits.hpp"
#include "server/json_bodies.hpp"
#include "server/json_writer.hpp"
#include "tests/support/patience.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <chrono>

namespace latchkey::test {
namespace {

std::string user_body(const std::string& username, const std::vector<std::string>& roles)
{
    std::string body;
    json_object_writer{body}
        .text("email", username + "@example.com")
        .text("username", username)
        .text("password", good_password)
        .text("login_type", "password")
        .texts("roles", roles)
        .finish();
    return body;
}

} // namespace

wire_fixture::wire_fixture(engine over, std::vector<std::string> flags)
    : store{over},
      server_{over, std::move(flags)},
      client_{server_.connect()}
{
    create_first_user();
    member = new_user();
    other_member = new_user();
    user_admin = new_user({"user-admin"});
    template_admin = new_user({"template-admin"});
    auditor = new_user({"auditor"});
}

wire_fixture& wire_fixture::over(engine store)
{
    // Makes the crypto library's own statics first, so that they go after the servers whose threads use them.
    static const digest first_use = hmac_sha256("any key", "any text");
    static_cast<void>(first_use);
    static std::array<std::unique_ptr<wire_fixture>, 3> shared;
    auto& one = shared.at(static_cast<std::size_t>(store));
    if (!one) one = std::make_unique<wire_fixture>(store);
    return *one;
}

wire_fixture& any_wire()
{
    const engine store = any_engine();
    UNSCOPED_INFO("store: " << to_string(store));
    return wire_fixture::over(store);
}

void wire_fixture::create_first_user()
{
    owner.username = "root";
    owner.email = "root@example.com";
    const http_answer created = post("/api/v2/users/first", {}, user_body(owner.username, {}));
    REQUIRE(created.status == 201);
    owner.id = text(parsed(created), "user_id");
    const http_answer login = post(
        "/api/v2/users/login", {}, R"({"email":"root@example.com","password":")" + good_password + R"("})");
    REQUIRE(login.status == 201);
    owner.token = text(parsed(login), "session_token");
}

http_answer wire_fixture::call(std::string_view method,
                               std::string_view path,
                               const std::string& token,
                               std::string_view body,
                               header_list headers)
{
    if (!token.empty()) headers.emplace_back("Coder-Session-Token", token);
    // Other tests may have run for so long that the server has closed it. One that was used a moment ago must
    // work: a server that closed such a one would be seen here.
    const auto now = std::chrono::steady_clock::now();
    if (now - std::exchange(called_, now) > http_limits{}.idle / 4) client_ = server_.connect();
    return client_.request(method, path, headers, body);
}

account wire_fixture::new_user(const std::vector<std::string>& roles)
{
    account made;
    made.username = fresh_name("user");
    made.email = made.username + "@example.com";
    const http_answer created = post("/api/v2/users", owner.token, user_body(made.username, roles));
    INFO(created.body);
    REQUIRE(created.status == 201);
    made.id = text(parsed(created), "id");
    // By the owner's right rather than by a login, which would cost another Argon2id.
    const http_answer key = post(keys_path(made.username), owner.token, "");
    REQUIRE(key.status == 201);
    made.token = text(parsed(key), "key");
    return made;
}

std::string wire_fixture::new_token(const account& holder, std::string_view body)
{
    return new_token_by(holder.token, body);
}

std::string wire_fixture::new_token_by(const std::string& token, std::string_view body)
{
    const http_answer created = post(tokens_path("me"), token, body);
    INFO(created.body);
    REQUIRE(created.status == 201);
    return text(parsed(created), "key");
}

std::string wire_fixture::fresh_name(std::string_view prefix)
{
    return std::string{prefix}.append("-").append(std::to_string(++names_));
}

std::string error_json(std::string_view message,
                       std::string_view detail,
                       const std::vector<std::pair<std::string, std::string>>& validations)
{
    std::string body = "{\"message\":";
    append_json_string(body, message);
    if (!detail.empty()) append_json_string(body += ",\"detail\":", detail);
    char before = '[';
    if (!validations.empty()) body += ",\"validations\":";
    for (const auto& [field, fault] : validations) {
        append_json_string((body += before) += "{\"field\":", field);
        append_json_string(body += ",\"detail\":", fault);
        body += '}';
        before = ',';
    }
    if (!validations.empty()) body += ']';
    return body += "}\n";
}

void check_error(const http_answer& answer,
                 unsigned status,
                 std::string_view message,
                 std::string_view detail,
                 const std::vector<std::pair<std::string, std::string>>& validations)
{
    CHECK(answer.status == status);
    CHECK(answer.body == error_json(message, detail, validations));
    CHECK(answer.header("content-type") == "application/json; charset=utf-8");
}

void check_not_found(const http_answer& answer)
{
    check_error(answer, 404, "Resource not found or you do not have access to this resource");
}

void check_forbidden(const http_answer& answer)
{
    check_error(answer,
                403,
                "Forbidden.",
                "You don't have permission to view this content. If you believe this is a mistake, please "
                "contact your administrator or try signing in with different credentials.");
}

void check_signed_out(const http_answer& answer, std::string_view detail)
{
    check_error(answer,
                401,
                "You are signed out or your session has expired. Please sign in again to continue.",
                detail);
}

json::value parsed(const http_answer& answer)
{
    json::error_code ec;
    json::value value = json::parse(answer.body, ec);
    INFO(answer.body);
    REQUIRE_FALSE(ec);
    return value;
}

std::string text(const json::value& object, std::string_view name)
{
    const json::value* const found = object.is_object() ? object.get_object().if_contains(name) : nullptr;
    INFO(json::serialize(object) << " lacks the text " << name);
    REQUIRE((found && found->is_string()));
    return std::string{found->get_string()};
}

std::vector<std::string> texts(const json::value& object, std::string_view name)
{
    std::vector<std::string> found;
    for (const json::value& element : object.at(name).as_array())
        found.emplace_back(element.as_string());
    return found;
}

std::vector<std::string> field_names(const json::value& object)
{
    std::vector<std::string> names;
    for (const auto& member : object.as_object())
        names.emplace_back(member.key());
    return names;
}

json::value entry_of(wire_fixture& wire, const http_answer& answer)
{
    const std::string query = "/api/v2/audit?q=request_id:" + answer.header("x-coder-request-id");
    json::array entries;
    REQUIRE(becomes_true([&] {
        const http_answer page = wire.get(query, wire.owner.token);
        INFO(page.body);
        REQUIRE(page.status == 200);
        entries = parsed(page).at("audit_logs").as_array();
        return !entries.empty();
    }));
    REQUIRE(entries.size() == 1);
    return entries[0];
}

bool contains(std::string_view whole, std::string_view part)
{
    return whole.find(part) != std::string_view::npos;
}

std::vector<std::string> column(const json::value& array, std::string_view name)
{
    std::vector<std::string> found;
    for (const json::value& element : array.as_array())
        found.push_back(text(element, name));
    return found;
}

std::int64_t instant(const json::value& object, std::string_view name)
{
    const auto when = parse_rfc3339(text(object, name));
    REQUIRE(when.has_value());
    return when->time_since_epoch().count();
}

} // namespace latchkey::test
