// What only a whole process can show: crashes, signals, and that no secret leaves it.
#include "tests/support/file_text.hpp"
#include "tests/wire/server_process.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>

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

int verify_audit(const temporary_directory& directory)
{
    return run_program({"audit", "verify", server_process::audit_file(directory)},
                       directory.file("verify.txt"));
}

struct verification {
    int status = 0;
    std::string output;
};

verification verify_with(const temporary_directory& directory, std::vector<std::string> words)
{
    words.insert(words.begin(), {"audit", "verify"});
    const std::string output = directory.file("verify.txt");
    std::filesystem::remove(output);
    const int status = run_program(words, output);
    return {status, contents_of(output)};
}

void write_file(const std::string& path, const std::string& bytes)
{
    std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

void serve_some_requests(const temporary_directory& directory)
{
    server_process server{directory};
    http_client client = server.connect();
    const std::string session = sign_in(client);
    create(client,
           session,
           "token-" + std::to_string(std::filesystem::file_size(server_process::audit_file(directory))));
    server.send_signal(SIGTERM);
    REQUIRE(server.wait() == 0);
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
    INFO(contents_of(directory.file("verify.txt")));
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

TEST_CASE("what was acknowledged is in the audit log after a power loss that took what was not synced",
          "[wire][process]")
{
    const temporary_directory directory;
    const std::string file = server_process::audit_file(directory);
    const auto has_entry_for = [&](int number) {
        return contains(contents_of(file), "\"target\":\"power-" + std::to_string(number) + '"');
    };
    int made = 0;
    for (bool has_lost = false; !has_lost;) { // unless the log was synced right then
        {
            server_process server{directory};
            http_client client = server.connect();
            const std::string session = sign_in(client);
            for (const int last = made + 10; made < last; ++made)
                create(client, session, "power-" + std::to_string(made));
            server.send_signal(SIGKILL);
            REQUIRE(server.wait() == 128 + SIGKILL);
        }
        // The head record names the last line that was synced.
        const std::size_t synced = std::stoul(contents_of(file + ".head"));
        const std::string text = contents_of(file);
        std::size_t end = 0;
        for (std::size_t line = 0; line < synced; ++line)
            end = text.find('\n', end) + 1;
        write_file(file, text.substr(0, end));
        has_lost = end < text.size();
    }

    {
        server_process server{directory};
        server.connect();
        for (int number = 0; number < made; ++number)
            CHECK(has_entry_for(number));
        CHECK(contains(contents_of(file), "restored_from_seq"));
        server.send_signal(SIGTERM);
        REQUIRE(server.wait() == 0);
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
        const std::string bytes = contents_of(file.path());
        for (const std::string& secret : secrets) {
            CAPTURE(file.path(), secret);
            CHECK_FALSE(contains(bytes, secret));
        }
    }
    CHECK(files >= 3); // database, audit log, output
    CHECK(
        contains(contents_of(directory.file("latchkey.db")), "planted")); // the search can find what is there
    CHECK(contains(contents_of(server_process::audit_file(directory)), "planted"));
}

TEST_CASE("each thread has a name that says what it is for", "[wire][process]")
{
    const temporary_directory directory;
    const server_process server{directory};
    http_client client = server.connect();
    sign_in(client);

    const std::set<std::string> names = server.thread_names();
    for (const char* const name : {"latchkey", "shard", "audit writer", "sqlite writer", "worker", "signals"})
        CHECK(names.count(name) == 1);
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

TEST_CASE("`audit verify` finds what was done to either end of the log", "[wire][process]")
{
    const temporary_directory directory;
    serve_some_requests(directory);
    const std::string file = server_process::audit_file(directory);
    const std::string good = contents_of(file);
    const std::size_t second = good.find('\n') + 1;
    const std::size_t last = good.rfind('\n', good.size() - 2) + 1;
    REQUIRE(last > second);
    const auto verify = [&](std::vector<std::string> words) {
        const verification done = verify_with(directory, std::move(words));
        UNSCOPED_INFO(done.output);
        return done;
    };
    CHECK(verify({file}).status == 0);

    SECTION("the first line removed")
    {
        write_file(file, good.substr(second));
        const verification plain = verify({file});
        CHECK(plain.status == 1);
        CHECK(contains(plain.output, "ALTERED (removed): " + file + " begins with entry 2"));
        const verification told = verify({"--from-middle", file});
        CHECK(told.status == 0);
        CHECK(contains(told.output, "goes on from an older part that is not here"));
    }
    SECTION("the last line removed")
    {
        write_file(file, good.substr(0, last));
        const verification cut = verify({file});
        CHECK(cut.status == 1);
        CHECK(contains(cut.output, "which the head record names, is not there"));

        // A server goes on with it, but neither it nor the log is silent about it.
        serve_some_requests(directory);
        CHECK(contains(contents_of(server_process::output_file(directory)), "it was cut: entry "));
        CHECK(contains(contents_of(file), R"("action":"alarm")"));
        const verification later = verify({file});
        CHECK(later.status == 1);
        CHECK(contains(later.output, "ALTERED (alarm): entry "));
    }
    SECTION("the last line changed")
    {
        std::string text = good;
        text.replace(text.find("\"status\":2", last), 10, "\"status\":4");
        write_file(file, text);
        const verification changed = verify({file});
        CHECK(changed.status == 1);
        CHECK(contains(changed.output, "ALTERED (changed): " + file + ", line "));
    }
    SECTION("no head record")
    {
        std::filesystem::remove(file + ".head");
        write_file(file, good.substr(0, last));
        const verification unchecked = verify({file});
        CHECK(unchecked.status == 0);
        CHECK(contains(unchecked.output, "The end could not be checked: there is no head record"));
    }
    SECTION("a head record that is none")
    {
        write_file(file + ".head", "hello\n");
        CHECK(verify({file}).status == 1);
    }
}

TEST_CASE("`audit verify` tells its usage, and what it cannot read", "[wire][process]")
{
    const temporary_directory directory;
    const verification help = verify_with(directory, {"--help"});
    CHECK(help.status == 0);
    CHECK(contains(help.output, "--from-middle"));

    const std::string none = directory.file("none.log");
    const verification missing = verify_with(directory, {none});
    CHECK(missing.status == 2);
    CHECK(missing.output == "latchkey: " + none + " cannot be opened: No such file or directory\n");

    const std::string folder = directory.file("");
    const verification not_a_file = verify_with(directory, {folder});
    CHECK(not_a_file.status == 2);
    CHECK(not_a_file.output == "latchkey: " + folder + " cannot be read: it is not a regular file\n");

    CHECK(verify_with(directory, {}).status == 2);
    CHECK(verify_with(directory, {"--from-the-middle", none}).status == 2);
}
