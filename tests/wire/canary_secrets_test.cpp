// Canary secrets, planted wherever a client or an operator can put one, and looked for in all that leaves the
// server: answers, its log, the audit log, metrics, and the bytes of the store (security.md 15, 16, 29).
#include "tests/support/file_text.hpp"
#include "tests/wire/redis_contents.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <memory>

using namespace latchkey::test;

namespace {

const std::string owner_password = "Canary-Owner-Password!731";
const std::string member_password = "Canary-Member-Password!732";
const std::string redis_password = "CanaryOfTheRedisServer901";
const std::string pepper = "CanaryPepperOfThirtyTwoBytes0123456789";
const std::string older_pepper = "CanaryPepperOfTheYearBefore0123456789";

// A server in which everything secret is known, and all that it said.
class planted_server {
public:
    explicit planted_server(engine store)
    {
        std::ofstream{files.file("pepper")} << pepper << '\n' << older_pepper << '\n';
        std::string location = "memory:";
        if (store == engine::sqlite) location = "sqlite:" + files.file("latchkey.db");
        if (store == engine::redis) {
            redis = std::make_unique<redis_server>(redis_server_options{.password = redis_password});
            location = redis->url();
        }
        server = std::make_unique<wire_server>(
            location,
            std::vector<std::string>{"--pepper-file=" + files.file("pepper"), "--audit-verify=all"});
        client = std::make_unique<http_client>(server->connect());
        secrets = {owner_password, member_password, redis_password, pepper, older_pepper};
        sign_in();
    }

    // 22 characters, as a token's second half.
    std::string canary()
    {
        const std::string number = std::to_string(1000 + canaries_++);
        secrets.push_back("Canary" + number + "Xq7ZpLm93RtV");
        REQUIRE(secrets.back().size() == 22);
        return secrets.back();
    }

    std::string forged() { return "AAAAAAAAAA-" + canary(); }

    // The answer is kept, to be searched.
    http_answer
    ask(std::string_view method, const std::string& path, header_list headers = {}, std::string body = {})
    {
        http_answer answer = client->request(method, path, headers, body);
        keep(answer);
        return answer;
    }

    // Of bytes that may be no request, over a connection of their own.
    void send(const std::string& bytes)
    {
        http_client raw = server->connect();
        raw.send(bytes);
        raw.finish_sending();
        while (const auto answer = raw.read())
            keep(*answer);
    }

    // An answer that carries a fresh secret is the one place for it.
    std::string minted(const std::string& path, std::string_view name, header_list headers, std::string body)
    {
        const http_answer answer = client->request("POST", path, headers, body);
        REQUIRE(answer.status == 201);
        const std::string token = text(parsed(answer), name);
        secrets.push_back(token.substr(11));
        return token;
    }

    // What the server left behind, once it has stopped.
    std::vector<std::pair<std::string, std::string>> outputs()
    {
        std::vector<std::pair<std::string, std::string>> all{{"answers", answers_}};
        if (redis) {
            std::string content;
            for (const std::string& name : names_in(*redis))
                content += name + '\n' + content_of(*redis, name);
            all.emplace_back("redis", std::move(content));
        }
        server->stop();
        all.emplace_back("log", server->logged());
        for (const auto& directory : {files.file(""), server->directory().file("")}) {
            for (const auto& file : std::filesystem::directory_iterator{directory}) {
                if (file.is_regular_file() && file.path().filename() != "pepper")
                    all.emplace_back(file.path().filename(), contents_of(file.path()));
            }
        }
        return all;
    }

    temporary_directory files;
    std::unique_ptr<redis_server> redis;
    std::unique_ptr<wire_server> server;
    std::unique_ptr<http_client> client;
    std::vector<std::string> secrets;
    header_list caller; // the owner, proven
    header_list member; // somebody without rights, proven

private:
    void keep(const http_answer& answer)
    {
        answers_ += std::to_string(answer.status) + '\n' + answer.body + '\n';
        for (const auto& [name, value] : answer.headers)
            answers_.append(name).append(": ").append(value) += '\n';
    }

    void sign_in()
    {
        const std::string who = R"("email":"root@example.com","password":")" + owner_password + '"';
        CHECK(ask("POST", "/api/v2/users/first", {}, "{\"username\":\"root\"," + who + '}').status == 201);
        const std::string session = minted("/api/v2/users/login", "session_token", {}, '{' + who + '}');
        caller = {{"Coder-Session-Token", session}};

        const std::string whom = R"("email":"member@example.com","password":")" + member_password + '"';
        CHECK(ask("POST", "/api/v2/users", caller, "{\"username\":\"member\"," + whom + '}').status == 201);
        member = {
            {"Coder-Session-Token", minted("/api/v2/users/login", "session_token", {}, '{' + whom + '}')}};
    }

    unsigned canaries_ = 0;
    std::string answers_;
};

void plant_in_headers(planted_server& planted)
{
    for (const std::string path : {"/verify",
                                   "/verify?mode=strict",
                                   "/api/v2/users/me",
                                   "/api/v2/buildinfo",
                                   "/oauth2/introspect",
                                   "/metrics",
                                   "/readyz",
                                   "/no-such-route"}) {
        const std::string token = planted.forged();
        for (const auto& [name, value] : header_list{{"Coder-Session-Token", token},
                                                     {"Coder-Session-Token", planted.canary()},
                                                     {"Authorization", "Bearer " + planted.forged()},
                                                     {"Authorization", "Basic " + planted.canary()},
                                                     {"Authorization", planted.canary()},
                                                     {"Cookie", "coder_session_token=" + planted.forged()},
                                                     {"Cookie", planted.canary()},
                                                     {"Proxy-Authorization", planted.canary()},
                                                     {"X-Forwarded-For", planted.canary()},
                                                     {"X-CSRF-Token", planted.canary()},
                                                     {"X-Latchkey-Min-Revision", planted.canary()},
                                                     {"X-Coder-Bypass-Ratelimit", planted.canary()},
                                                     {"Coder-CLI-Telemetry", planted.canary()},
                                                     {"Referer", "http://x/" + planted.canary()},
                                                     {"Host", planted.canary()},
                                                     {"Content-Type", planted.canary()}})
            planted.ask("GET", path, {{name, value}});
        planted.ask("POST", path, {{"Cookie", "coder_session_token=" + token + "; csrf_token=" + token}});
        planted.ask("GET", path, {{"Authorization", planted.canary()}, {"Authorization", planted.canary()}});
    }
}

void plant_in_urls(planted_server& planted)
{
    for (const char* method : {"GET", "PUT", "DELETE", "POST"}) {
        for (const std::string& path : {"/" + planted.forged(),
                                        "/verify/" + planted.forged(),
                                        "/verify?scope=" + planted.canary(),
                                        "/verify?allow=" + planted.canary(),
                                        "/verify?mode=" + planted.canary(),
                                        "/verify?access_token=" + planted.forged(),
                                        "/api/v2/users/me?coder_session_token=" + planted.forged(),
                                        "/api/v2/users/me/../" + planted.canary()})
            planted.ask(method, path);
        for (const std::string& path : {"/api/v2/users/" + planted.forged(),
                                        "/api/v2/users/" + planted.canary() + "/keys",
                                        keys_path("me") + "/" + planted.forged(),
                                        keys_path("me") + "/" + planted.forged() + "/expire",
                                        tokens_path("me") + "/" + planted.forged(),
                                        "/api/v2/users?limit=" + planted.canary(),
                                        "/api/v2/audit?after_id=" + planted.canary(),
                                        "/api/v2/audit?q=resource_target:" + planted.forged()}) {
            planted.ask(method, path, planted.caller);
            planted.ask(method, path, planted.member);
        }
    }
}

void plant_in_bodies(planted_server& planted)
{
    const auto say = [&planted](const std::string& path, const std::string& body) {
        planted.ask("POST", path, planted.caller, body);
    };
    for (const std::string path : {"/api/v2/users/login",
                                   "/api/v2/users/first",
                                   "/api/v2/users/validate-password",
                                   "/api/v2/users",
                                   "/api/v2/verify",
                                   "/api/v2/authcheck"}) {
        const std::string who = R"({"email":"root@example.com","username":"other","password":)";
        say(path, who + '"' + planted.canary() + "\"}");
        say(path, who + "[\"" + planted.canary() + "\"]}");
        say(path, who + '"' + planted.canary());
        say(path, who + "\"\\u0000" + planted.canary() + "\"}");
        say(path, who + "7,\"Password\":\"" + planted.canary() + "\"}");
        say(path, planted.canary());
        say(path, "{\"" + planted.canary() + "\":1}");
        say(path, R"({"tokens":[")" + planted.forged() + R"(",7]})");
        say(path, R"({"tokens":[")" + planted.forged() + R"("]})");
    }
    // In the fields beside the one for it.
    say("/api/v2/users/login", R"({"email":")" + planted.canary() + R"(@example.com","password":"x"})");
    say(tokens_path("me"), R"({"lifetime":1,"token_name":7,"secret":")" + planted.canary() + "\"}");
    planted.ask("PUT",
                "/api/v2/users/me/password",
                planted.caller,
                R"({"old_password":")" + planted.canary() + R"(","password":")" + planted.canary() +
                    "A!7\"}");
    for (const std::string path : {"/oauth2/revoke", "/oauth2/introspect"}) {
        say(path, "token=" + planted.forged());
        say(path, "token=" + planted.forged() + "&token=" + planted.forged());
        say(path, "client_secret=" + planted.canary() + "&token_type_hint=" + planted.canary());
    }
}

void plant_in_what_is_no_request(planted_server& planted)
{
    planted.send("GET /" + planted.canary() + " \r\n\r\n");
    planted.send("GET / HTTP/1.1\r\nHost: x\r\n" + planted.canary() + "\r\n\r\n");
    planted.send("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer\x01" + planted.canary() + "\r\n\r\n");
    planted.send(planted.canary() + "\r\n\r\n");
    planted.send("POST /api/v2/users/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
                 planted.canary() + "\r\n");
}

} // namespace

TEST_CASE("canary secrets planted in headers, bodies, URLs and settings are in no answer, log, audit line, "
          "metric or store",
          "[wire][security]") // 15, 16, 29; ASVS 16.2.5
{
    const engine store = any_engine();
    CAPTURE(to_string(store));
    planted_server planted{store};
    const std::string token =
        planted.minted(tokens_path("me"), "key", planted.caller, R"({"token_name":"planted-name"})");
    const std::string child = planted.minted(keys_path("me"), "key", planted.caller, {});
    for (const std::string& good : {token, child}) {
        CHECK(planted.ask("GET", "/verify", {{"Authorization", "Bearer " + good}}).status == 200);
        CHECK(planted.ask("GET", "/verify?access_token=" + good).status == 200);
        CHECK(planted.ask("POST", "/api/v2/verify", {}, "{\"tokens\":[\"" + good + "\"]}").status == 200);
        CHECK(planted.ask("POST", "/oauth2/introspect", planted.caller, "token=" + good).status == 200);
        CHECK(planted.ask("POST", tokens_path("me"), planted.caller, "{\"lifetime\":\"" + good + "\"}")
                  .status == 400);
    }
    plant_in_headers(planted);
    plant_in_urls(planted);
    plant_in_bodies(planted);
    plant_in_what_is_no_request(planted);
    CHECK(planted.ask("GET", "/metrics").status == 200);
    CHECK(planted.ask("GET", "/api/v2/audit?limit=1000", planted.caller).status == 200);
    CHECK(planted.ask("POST", "/oauth2/revoke", {}, "token=" + token).status == 200);

    const auto outputs = planted.outputs();
    CHECK(planted.secrets.size() > 250);
    bool is_name_in_audit = false;
    for (const auto& [where, bytes] : outputs) {
        is_name_in_audit = is_name_in_audit || (where == "audit.log" && contains(bytes, "planted-name"));
        for (const std::string& secret : planted.secrets) {
            const bool is_there = contains(bytes, secret);
            INFO(where << " holds " << secret << " in: "
                       << (is_there
                               ? bytes.substr(
                                     bytes.find(secret) - std::min<std::size_t>(bytes.find(secret), 300), 600)
                               : ""));
            CHECK_FALSE(is_there);
        }
    }
    // The search finds what is there, in each kind of output.
    CHECK(is_name_in_audit);
    CHECK(outputs.size() >= 4);
    CHECK(contains(planted.server->logged(), "a credential was refused"));
    CHECK(contains(outputs.front().second, "planted-name"));
}
