// Contract 8.1 and 8.2: the first user, login, logout, passwords.
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey::test;

namespace {

std::string login_body(std::string_view email, std::string_view password)
{
    return std::string{R"({"email":")"}
        .append(email)
        .append(R"(","password":")")
        .append(password)
        .append("\"}");
}

std::string first_user_body(std::string_view password)
{
    return std::string{
        R"({"email":"a@example.com","username":"admin","trial":true,"trial_info":{"country":"x"},"password":")"}
        .append(password)
        .append("\"}");
}

std::string cookie_line(const http_answer& answer, std::string_view name)
{
    for (const auto& [key, value] : answer.headers)
        if (key == "set-cookie" && value.starts_with(std::string{name} + "=")) return value;
    return {};
}

} // namespace

TEST_CASE("a fresh server asks for its first user and takes it once", "[wire][sessions]") // 8.1
{
    const engine store = any_engine();
    const wire_server server{store};
    http_client client = server.connect();
    constexpr std::string_view path = "/api/v2/users/first";

    const http_answer none = client.request("GET", path);
    CHECK(none.status == 404);
    CHECK(none.body == "{\"message\":\"The initial user has not been created!\"}\n");

    const http_answer weak = client.request("POST", path, {}, first_user_body("abc"));
    CHECK(weak.status == 400);
    CHECK(text(parsed(weak), "message") == "Password is invalid");
    CHECK(column(parsed(weak).at("validations"), "field") == std::vector<std::string>{"password"});

    const http_answer created = client.request("POST", path, {}, first_user_body(good_password));
    REQUIRE(created.status == 201);
    CHECK(field_names(parsed(created)) == std::vector<std::string>{"user_id", "organization_id"});

    const http_answer there = client.request("GET", path);
    CHECK(there.status == 200);
    CHECK(there.body == "{\"message\":\"The initial user has already been created!\"}\n");
    check_error(client.request("POST", path, {}, first_user_body(good_password)),
                409,
                "The initial user has already been created.");

    const http_answer login =
        client.request("POST", "/api/v2/users/login", {}, login_body("a@example.com", good_password));
    const auto me = parsed(client.request(
        "GET", "/api/v2/users/me", {{"Coder-Session-Token", text(parsed(login), "session_token")}}));
    CHECK(text(me, "id") == text(parsed(created), "user_id"));
    CHECK(column(me.at("roles"), "name") == std::vector<std::string>{"owner"});
    CHECK(text(me, "status") == "active"); // A7
}

TEST_CASE("a login answers with a session key of a day and its cookie", "[wire][sessions]") // 8.2
{
    wire_fixture& wire = any_wire();

    const http_answer login =
        wire.post("/api/v2/users/login", {}, login_body(wire.member.email, good_password));

    CHECK(login.status == 201);
    const auto body = parsed(login);
    CHECK(field_names(body) == std::vector<std::string>{"session_token"});
    const std::string token = text(body, "session_token");
    CHECK(cookie_line(login, "coder_session_token") ==
          "coder_session_token=" + token + "; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
    const auto key = parsed(wire.get(keys_path("me") + "/" + id_of(token), token));
    CHECK(text(key, "login_type") == "password");
    CHECK(key.at("lifetime_seconds").as_int64() == 86400);
    CHECK(text(key, "token_name").empty());
}

TEST_CASE("the login's cookie proves a page's requests together with its csrf cookie", "[wire][sessions]")
{
    wire_fixture& wire = any_wire();
    const http_answer login =
        wire.post("/api/v2/users/login", {}, login_body(wire.member.email, good_password));
    const std::string token = text(parsed(login), "session_token");
    const std::string csrf = cookie_line(login, "csrf_token");
    REQUIRE_FALSE(csrf.empty());

    const http_answer created = wire.call(
        "POST",
        tokens_path("me"),
        {},
        "{}",
        {{"Cookie", "coder_session_token=" + token}, {"X-CSRF-TOKEN", csrf.substr(11, csrf.find(';') - 11)}});

    CHECK(created.status == 201);
}

TEST_CASE("an email is found without case", "[wire][sessions]")
{
    wire_fixture& wire = any_wire();
    std::string email = wire.member.email;
    email[0] = 'U';
    CHECK(wire.post("/api/v2/users/login", {}, login_body(email, good_password)).status == 201);
}

TEST_CASE("unknown addresses and wrong passwords get the same answer", "[wire][sessions]")
{
    wire_fixture& wire = any_wire();
    const std::string wrong = "Incorrect email or password.";
    check_error(
        wire.post("/api/v2/users/login", {}, login_body("nobody@example.com", good_password)), 401, wrong);
    check_error(wire.post("/api/v2/users/login", {}, login_body(wire.member.email, "wrong")), 401, wrong);
}

TEST_CASE("a suspended user cannot log in", "[wire][sessions]")
{
    wire_fixture& wire = any_wire();
    const account who = wire.new_user();
    REQUIRE(wire.call("PUT", "/api/v2/users/" + who.id + "/status/suspend", wire.owner.token).status == 200);

    check_error(wire.post("/api/v2/users/login", {}, login_body(who.email, good_password)),
                401,
                "Your account is suspended. Contact an admin to reactivate your account.");
    CHECK(wire.post("/api/v2/users/login", {}, login_body(who.email, "wrong")).status == 401);
}

TEST_CASE("with password login off every login is 403, and authmethods says so", "[wire][sessions]")
{
    wire_server server{engine::memory, {"--disable-password-auth"}};
    http_client client = server.connect();
    REQUIRE(client.request("POST", "/api/v2/users/first", {}, first_user_body(good_password)).status == 201);

    check_error(client.request("POST", "/api/v2/users/login", {}, login_body("a@example.com", good_password)),
                403,
                "Password authentication is disabled.");
    CHECK(
        contains(client.request("GET", "/api/v2/users/authmethods").body, R"("password":{"enabled":false})"));
}

TEST_CASE("the flags of cookies reach the session's cookie", "[wire][sessions]")
{
    struct row {
        std::vector<std::string> flags;
        std::string_view name;
        std::string_view attributes;
    };
    const auto [flags, name, attributes] = GENERATE(values<row>({
        {{"--secure-auth-cookie"},
         "coder_session_token",
         "; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax"},
        {{"--secure-auth-cookie", "--samesite-auth-cookie=none"},
         "coder_session_token",
         "; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=None"},
        {{"--secure-auth-cookie", "--host-prefix-cookie"},
         "__Host-coder_session_token",
         "; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax"},
    }));
    wire_server server{engine::memory, flags};
    http_client client = server.connect();
    REQUIRE(client.request("POST", "/api/v2/users/first", {}, first_user_body(good_password)).status == 201);

    const http_answer login =
        client.request("POST", "/api/v2/users/login", {}, login_body("a@example.com", good_password));

    CHECK(cookie_line(login, name).ends_with(attributes));
}

TEST_CASE("logout clears the cookie with an expiry in the past", "[wire][sessions]")
{
    wire_fixture& wire = any_wire();
    const std::string session = text(parsed(wire.post(keys_path("me"), wire.member.token, "")), "key");

    const http_answer left = wire.post("/api/v2/users/logout", session, "");

    CHECK(left.status == 200);
    CHECK(left.body == "{\"message\":\"Logged out!\"}\n");
    const std::string line = cookie_line(left, "coder_session_token");
    CHECK(line.starts_with("coder_session_token=; Path=/"));
    CHECK(contains(line, "; Expires=Thu, 01 Jan 1970 00:00:00 GMT"));
    CHECK(wire.post("/api/v2/users/logout", session, "").status == 401);
}

TEST_CASE("passwords are judged by their entropy and length", "[wire][sessions]")
{
    wire_fixture& wire = any_wire();
    const auto judged = [&wire](const std::string& password) {
        return parsed(
            wire.post("/api/v2/users/validate-password", {}, "{\"password\":\"" + password + "\"}"));
    };
    CHECK(json::serialize(judged(good_password)) == R"({"valid":true,"details":""})");
    const auto weak = judged("password");
    CHECK_FALSE(weak.at("valid").as_bool());
    CHECK(text(weak, "details").starts_with("insecure password, try "));
    std::string random = "aB3$xY7!pQ9@zR5%kL2&mN8*vW4^tS6(hJ1)gF0_dC-eU+iO=yT{bV}nM[cX]wZ";
    random.resize(65, '~');
    const auto too_long = judged(random);
    CHECK_FALSE(too_long.at("valid").as_bool());
    CHECK(text(too_long, "details") == "password must be no more than 64 characters");
    random.resize(64);
    CHECK(judged(random).at("valid").as_bool());
}

TEST_CASE("the ways to log in are told to everybody", "[wire][sessions]")
{
    wire_fixture& wire = any_wire();
    const http_answer answer = wire.get("/api/v2/users/authmethods");
    CHECK(answer.status == 200);
    CHECK(answer.body == R"({"password":{"enabled":true},)"
                         R"("github":{"enabled":false,"default_provider_configured":false},)"
                         R"("oidc":{"enabled":false,"signInText":"","iconUrl":""}})"
                         "\n");
}

TEST_CASE("the retired login path of sessions stays unknown", "[wire][sessions]")
{
    wire_fixture& wire = any_wire();
    check_error(
        wire.get("/users/me", wire.member.token), 404, "Route not found."); // no un-prefixed tree (1.1)
}
