// What the ready-made configurations promise (server/gateways), with the real programs between a client,
// Latchkey and a service.
#include "storage/lower_case.hpp"
#include "tests/gateways/echo_service.hpp"
#include "tests/gateways/gateway_process.hpp"
#include "tests/support/catch.hpp"
#include "tests/wire/wire_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <fstream>
#include <string>
#include <string_view>

using namespace latchkey::test;

namespace {

constexpr std::string_view identity[] = {"x-latchkey-user-id",
                                         "x-latchkey-username",
                                         "x-latchkey-key-id",
                                         "x-latchkey-scopes",
                                         "x-latchkey-expires-at"};

// The text of a member of a flat JSON object.
std::string member_of(const std::string& body, const std::string& name)
{
    const std::string key = "\"" + name + "\":\"";
    const std::size_t at = body.find(key);
    REQUIRE(at != std::string::npos);
    const std::size_t begin = at + key.size();
    return body.substr(begin, body.find('"', begin) - begin);
}

// Latchkey with its first user, who has a token that reads workspaces.
class issuer {
public:
    explicit issuer(const std::string& guess_limit = "1000000")
        : server_{engine::memory,
                  {"--api-rate-limit=1000000", "--trusted-proxy=127.0.0.1", "--guess-limit=" + guess_limit}},
          client_{server_.connect()}
    {
        const std::string login = R"("email":"ann@example.com","password":"Correct-Horse-7-Battery"})";
        const http_answer first =
            client_.request("POST", "/api/v2/users/first", {}, R"({"username":"ann",)" + login);
        REQUIRE(first.status == 201);
        user_id = member_of(first.body, "user_id");
        session_ =
            member_of(client_.request("POST", "/api/v2/users/login", {}, "{" + login).body, "session_token");
        token = new_token("workspace:read");
    }

    std::string new_token(const std::string& scope)
    {
        const http_answer made = client_.request("POST",
                                                 "/api/v2/users/me/keys/tokens",
                                                 {{"Coder-Session-Token", session_}},
                                                 R"({"scopes":[")" + scope + "\"]}");
        REQUIRE(made.status == 201);
        return member_of(made.body, "key");
    }

    std::string address() const { return latchkey::to_string(server_.address()); }

    std::string user_id;
    std::string token;

private:
    wire_server server_;
    http_client client_;
    std::string session_;
};

struct guarded_service {
    explicit guarded_service(const std::string& guess_limit = "1000000") : latchkey{guess_limit} {}

    gateway kind = GENERATE(gateway::nginx, gateway::haproxy, gateway::caddy);
    issuer latchkey;
    echo_service service;
    gateway_process between{kind, latchkey.address(), service.address()};
    http_client client = between.connect();

    http_answer ask(std::string_view path, const header_list& headers, std::string_view method = "GET")
    {
        return client.request(method, path, headers);
    }

    header_list bearer() const { return {{"Authorization", "Bearer " + latchkey.token}}; }
};

// What the service saw; header names in lower case.
http_answer seen_by_service(const http_answer& answer)
{
    REQUIRE(answer.status == 200);
    http_answer seen;
    std::string_view rest = answer.body;
    rest.remove_prefix(rest.find("\r\n") + 2);
    while (!rest.starts_with("\r\n")) {
        const std::string_view line = rest.substr(0, rest.find("\r\n"));
        std::string name = latchkey::lower_case(std::string{line.substr(0, line.find(':'))});
        std::string_view value = line.substr(name.size() + 1);
        if (value.starts_with(' ')) value.remove_prefix(1);
        seen.headers.emplace_back(std::move(name), value);
        rest.remove_prefix(line.size() + 2);
    }
    return seen;
}

} // namespace

TEST_CASE("the credential is stripped on every path: behind a gateway the service learns who asks, and never "
          "the credential",
          "[gateways]")
{
    guarded_service guarded;
    INFO(to_string(guarded.kind));
    const std::string& token = guarded.latchkey.token;
    const header_list ways[] = {{{"Authorization", "Bearer " + token}},
                                {{"Coder-Session-Token", token}},
                                {{"Cookie", "theme=dark; coder_session_token=" + token}},
                                {{"Coder-Session-Token", token}, {"Authorization", "Bearer " + token}}};
    for (const header_list& way : ways) {
        const http_answer answer = guarded.ask("/a/path?with=query", way);
        CAPTURE(answer.body);
        const http_answer seen = seen_by_service(answer);
        CHECK(answer.body.find(" /a/path?with=query ") != std::string::npos);
        CHECK(answer.body.find(token.substr(11)) == std::string::npos); // the secret
        CHECK(seen.count("authorization") == 0);
        CHECK(seen.count("coder-session-token") == 0);
        CHECK(seen.header("x-latchkey-user-id") == guarded.latchkey.user_id);
        CHECK(seen.header("x-latchkey-username") == "ann");
        CHECK(seen.header("x-latchkey-key-id") == token.substr(0, 10));
        CHECK(seen.header("x-latchkey-scopes") == "workspace:read");
        CHECK_FALSE(seen.header("x-latchkey-expires-at").empty());
    }
    header_list with_cookie = guarded.bearer();
    with_cookie.emplace_back("Cookie", "theme=dark");
    CHECK(seen_by_service(guarded.ask("/", with_cookie)).header("cookie") == "theme=dark");
}

TEST_CASE("behind a gateway a bad token, and none, is 401 with a challenge", "[gateways]")
{
    guarded_service guarded;
    INFO(to_string(guarded.kind));
    const std::string wrong = guarded.latchkey.token.substr(0, 11) + std::string(22, 'x');
    for (const header_list& headers : {header_list{},
                                       header_list{{"Authorization", "Bearer nonsense"}},
                                       header_list{{"Authorization", "Bearer " + wrong}},
                                       header_list{{"Cookie", "coder_session_token=" + wrong}}}) {
        for (const char* method : {"GET", "POST", "DELETE"}) {
            const http_answer answer = guarded.ask("/", headers, method);
            CHECK(answer.status == 401);
            CHECK(answer.header("www-authenticate").starts_with("Bearer realm="));
        }
    }
    CHECK(guarded.service.requests() == 0);
}

TEST_CASE("behind a gateway a part of the service may demand a right, however its path is spelt",
          "[gateways]")
{
    guarded_service guarded;
    INFO(to_string(guarded.kind));
    const http_answer lacking = guarded.ask("/templates/a", guarded.bearer());
    CHECK(lacking.status == 403);
    CHECK(lacking.header("www-authenticate").find("scope=\"template:read\"") != std::string::npos);
    for (const char* path : {"//templates/a",
                             "/a/../templates/a",
                             "/a/%2e%2e/templates/a",
                             "/%74emplates/a",
                             "/./templates/a"}) {
        CAPTURE(path);
        const unsigned status = guarded.ask(path, guarded.bearer()).status;
        CHECK((status == 403 || status == 400));
    }
    CHECK(guarded.service.requests() == 0);

    const std::string reader = guarded.latchkey.new_token("template:read");
    CHECK(guarded.ask("/templates/a", {{"Authorization", "Bearer " + reader}}).status == 200);
}

TEST_CASE("an identity header from a client does not survive, nor an underscore alias: behind a gateway "
          "nobody can say himself who he is",
          "[gateways]")
{
    guarded_service guarded;
    INFO(to_string(guarded.kind));
    header_list headers = guarded.bearer();
    for (const std::string_view name : identity) {
        std::string look_alike{name};
        std::replace(look_alike.begin(), look_alike.end(), '-', '_');
        headers.emplace_back(name, "spoofed");
        headers.emplace_back(look_alike, "spoofed");
        headers.emplace_back("X-Latchkey-" + std::string{name.substr(11)}, "spoofed");
    }
    const http_answer answer = guarded.ask("/", headers);
    CAPTURE(answer.body);
    const http_answer seen = seen_by_service(answer);
    CHECK(answer.body.find("spoofed") == std::string::npos);
    for (const std::string_view name : identity) {
        CAPTURE(name);
        CHECK(seen.count(name) == 1);
    }
    CHECK(seen.header("x-latchkey-username") == "ann");
}

TEST_CASE("behind a gateway bodies and answers of the service go through as they are", "[gateways]")
{
    guarded_service guarded;
    INFO(to_string(guarded.kind));
    const std::string body(100'000, 'b');
    for (const char* method : {"POST", "PUT"}) {
        const http_answer answer = guarded.client.request(method, "/upload", guarded.bearer(), body);
        CHECK(answer.body.starts_with(std::string{method} + " /upload "));
        CHECK(guarded.service.body() == body);
    }
    for (const unsigned status : {401u, 403u, 404u, 429u, 500u, 503u}) {
        const http_answer answer = guarded.ask("/status/" + std::to_string(status), guarded.bearer());
        CHECK(answer.status == status);
        CHECK(answer.body.starts_with("GET /status/"));
    }
}

TEST_CASE("behind a gateway who guesses tokens is told to wait, and a good token goes on", "[gateways]")
{
    guarded_service guarded{"2"};
    INFO(to_string(guarded.kind));
    const header_list bad{{"Authorization", "Bearer nonsense"}};
    CHECK(guarded.ask("/", bad).status == 401);
    CHECK(guarded.ask("/", bad).status == 401);
    const http_answer refused = guarded.ask("/", bad);
    CHECK(refused.status == 429);
    CHECK_FALSE(refused.header("retry-after").empty());
    CHECK(guarded.ask("/", guarded.bearer()).status == 200);
    CHECK(guarded.service.requests() == 1);
}

TEST_CASE("behind a gateway nobody gets in while Latchkey is down", "[gateways]")
{
    const gateway kind = GENERATE(gateway::nginx, gateway::haproxy, gateway::caddy);
    INFO(to_string(kind));
    echo_service service;
    const std::string nowhere = "127.0.0.1:" + std::to_string(free_loopback_port());
    const gateway_process between{kind, nowhere, service.address()};
    http_client client = between.connect();
    for (const char* path : {"/", "/templates/a"}) {
        const http_answer answer =
            client.request("GET", path, {{"Authorization", "Bearer abcdefghij-ABCDEFGHIJABCDEFGHIJAB"}});
        CHECK(answer.status == (kind == gateway::caddy ? 502u : 503u));
    }
    CHECK(service.requests() == 0);
}

TEST_CASE("behind a gateway nobody gets in while Latchkey is silent", "[gateways]")
{
    const gateway kind = GENERATE(gateway::nginx, gateway::haproxy, gateway::caddy);
    INFO(to_string(kind));
    echo_service service;
    using boost::asio::ip::tcp;
    boost::asio::io_context context;
    const tcp::acceptor silent{context, tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
    const gateway_process between{
        kind, "127.0.0.1:" + std::to_string(silent.local_endpoint().port()), service.address()};
    http_client client = between.connect();
    const http_answer answer = client.request("GET", "/", {{"Coder-Session-Token", "anything"}});
    CHECK(answer.status >= 502);
    CHECK(answer.status <= 504);
    CHECK(service.requests() == 0);
}

TEST_CASE("behind HAProxy nobody gets in when the action fails, after which HAProxy would go on",
          "[gateways]")
{
    const temporary_directory directory;
    const std::string failing = directory.file("failing.lua");
    std::ofstream{failing}
        << "core.register_action('latchkey', { 'http-req' }, function() error('failing') end, 0)\n";
    echo_service service;
    const gateway_process between{gateway::haproxy, "127.0.0.1:1", service.address(), failing};
    http_client client = between.connect();
    CHECK(client.request("GET", "/", {{"Coder-Session-Token", "anything"}}).status == 503);
    CHECK(service.requests() == 0);
}
