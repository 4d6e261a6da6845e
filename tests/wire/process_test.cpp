// What only a whole process can show: crashes, signals, and that no secret leaves it.
#include "tests/wire/server_process.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace latchkey::test;

namespace {

std::string login_body(std::string_view password)
{
    return std::string{R"({"email":")"}
        .append(server_process::email)
        .append(R"(","password":")")
        .append(password)
        .append("\"}");
}

std::string sign_in(http_client& client)
{
    const http_answer login =
        client.request("POST", "/api/v2/users/login", {}, login_body(server_process::password));
    REQUIRE(login.status == 201);
    return text(parsed(login), "session_token");
}

std::string create(http_client& client, const std::string& session, std::string_view name)
{
    const http_answer created = client.request("POST",
                                               tokens_path("me"),
                                               {{"Coder-Session-Token", session}},
                                               std::string{R"({"token_name":")"}.append(name).append("\"}"));
    REQUIRE(created.status == 201);
    return text(parsed(created), "key");
}

unsigned status_of(http_client& client, const std::string& token)
{
    return client.request("GET", "/api/v2/users/me", {{"Coder-Session-Token", token}}).status;
}

std::string contents(const std::filesystem::path& file)
{
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

int verify_audit(const temporary_directory& directory)
{
    return run_program({"audit", "verify", server_process::audit_file(directory)},
                       directory.file("verify.txt"));
}

} // namespace

TEST_CASE("what was acknowledged survives kill -9, and the audit chain verifies", "[wire][process]")
{
    const temporary_directory directory;
    std::string session;
    std::string kept;
    std::string deleted;
    std::string expired;
    {
        server_process server{directory};
        http_client client = server.connect();
        session = sign_in(client);
        const header_list caller = {{"Coder-Session-Token", session}};
        deleted = create(client, session, "deleted");
        expired = create(client, session, "expired");
        REQUIRE(client.request("PUT", keys_path("me") + "/" + id_of(expired) + "/expire", caller).status ==
                204);
        kept = create(client, session, "kept");
        REQUIRE(client.request("DELETE", keys_path("me") + "/" + id_of(deleted), caller).status == 204);
        server.send_signal(SIGKILL);
        REQUIRE(server.wait() == 128 + SIGKILL);
    }

    {
        server_process server{directory};
        http_client client = server.connect();
        CHECK(status_of(client, kept) == 200);
        CHECK(status_of(client, session) == 200);
        CHECK(status_of(client, deleted) == 401);
        CHECK(status_of(client, expired) == 401);
        const http_answer again = client.request(
            "POST", tokens_path("me"), {{"Coder-Session-Token", session}}, R"({"token_name":"kept"})");
        CHECK(again.status == 409);
        create(client, session, "deleted");
        server.send_signal(SIGTERM);
        CHECK(server.wait() == 0);
    }

    const int verified = verify_audit(directory);
    INFO(contents(directory.file("verify.txt")));
    CHECK(verified == 0);
}

TEST_CASE("a token is valid after kill -9 right behind its 201, every time", "[wire][process]")
{
    const temporary_directory directory;
    std::vector<std::string> tokens;
    for (int round = 0; round < 3; ++round) {
        server_process server{directory};
        http_client client = server.connect();
        for (const std::string& token : tokens)
            CHECK(status_of(client, token) == 200);
        const std::string session = sign_in(client);
        tokens.push_back(create(client, session, "round-" + std::to_string(round)));
        server.send_signal(SIGKILL);
        REQUIRE(server.wait() == 128 + SIGKILL);
    }
    CHECK(verify_audit(directory) == 0);
}

TEST_CASE("SIGTERM lets a request in flight finish and exits with 0", "[wire][process]")
{
    const temporary_directory directory;
    server_process server{directory};
    http_client client = server.connect();
    const std::string body = login_body(server_process::password);
    client.send("POST /api/v2/users/login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n");
    const auto go_on = client.read(); // so the request is in flight
    REQUIRE(go_on.has_value());
    REQUIRE(go_on->status == 100);

    server.send_signal(SIGTERM);
    client.send(body);
    const auto answer = client.read();

    REQUIRE(answer.has_value());
    CHECK(answer->status == 201);
    CHECK(answer->closes());
    CHECK(client.is_closed());
    CHECK(server.wait() == 0);
    CHECK(verify_audit(directory) == 0);
}

TEST_CASE("no plaintext secret is in the database, the audit log or the output", "[wire][process]")
{
    const temporary_directory directory;
    std::vector<std::string> secrets = {
        server_process::password, "WrongCanary!902", "FreshCanaryPass!55", "GuestCanaryPass!91"};
    {
        server_process server{directory};
        http_client client = server.connect();
        const std::string session = sign_in(client);
        const header_list caller = {{"Coder-Session-Token", session}};
        secrets.push_back(session.substr(11));
        secrets.push_back(create(client, session, "planted").substr(11));

        CHECK(client.request("POST", "/api/v2/users/login", {}, login_body("WrongCanary!902")).status == 401);
        const std::string forged = id_of(session) + "-CanaryForged0123456789";
        secrets.push_back(forged.substr(11));
        CHECK(status_of(client, forged) == 401);
        CHECK(client.request("GET", "/api/v2/users/me?coder_session_token=" + forged).status == 401);
        CHECK(client.request("GET", "/verify", {{"Authorization", "Bearer " + forged}}).status == 401);
        CHECK(client.request("GET", "/verify", {{"Authorization", "Bearer " + session}}).status == 200);
        CHECK(client
                  .request("POST",
                           "/api/v2/users",
                           caller,
                           R"({"username":"guest","email":"g@example.com","password":"GuestCanaryPass!91"})")
                  .status == 201);
        CHECK(client
                  .request(
                      "PUT", "/api/v2/users/guest/password", caller, R"({"password":"FreshCanaryPass!55"})")
                  .status == 204);
        CHECK(client.request("POST", "/api/v2/users/login", caller, R"({"password":"WrongCanary!902",})")
                  .status == 400);
        server.send_signal(SIGTERM);
        REQUIRE(server.wait() == 0);
    }

    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator{directory.file("")}) {
        if (!file.is_regular_file()) continue;
        ++files;
        const std::string bytes = contents(file.path());
        for (const std::string& secret : secrets) {
            CAPTURE(file.path(), secret);
            CHECK_FALSE(contains(bytes, secret));
        }
    }
    CHECK(files >= 3);                                                   // database, audit log, output
    CHECK(contains(contents(directory.file("latchkey.db")), "planted")); // the search can find what is there
    CHECK(contains(contents(server_process::audit_file(directory)), "planted"));
}

TEST_CASE("a SIGHUP that comes while the server starts does not end it", "[wire][process]")
{
    const temporary_directory directory;
    server_process server{directory, SIGHUP}; // throws if nobody ever answers
    http_client client = server.connect();
    CHECK(client.request("GET", "/readyz").status == 200);

    server.send_signal(SIGTERM);
    CHECK(server.wait() == 0);
    CHECK(verify_audit(directory) == 0);
}
