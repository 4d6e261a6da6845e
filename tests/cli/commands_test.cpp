// The commands against a real server: what they print, how they end, and that no secret shows.
#include "tests/cli/command_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/file_text.hpp"
#include "tests/wire/server_process.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <sys/stat.h>

using namespace latchkey::test;
namespace json = boost::json;

namespace {

std::string without_line_end(std::string text)
{
    while (text.ends_with('\n'))
        text.pop_back();
    return text;
}

struct signed_in {
    temporary_directory directory;
    server_process server{directory};
    command_shell shell{"unix:" + directory.file("socket")};

    signed_in()
    {
        const command_result login =
            shell.run({"login", "--email", server_process::email, "--password-file", "-"},
                      std::string{server_process::password} + "\n");
        INFO(login.err);
        REQUIRE(login.status == 0);
    }

    command_result ok(const std::vector<std::string>& words, const std::string& input = {}) const
    {
        command_result done = shell.run(words, input);
        CAPTURE(words, done.out, done.err);
        REQUIRE(done.status == 0);
        return done;
    }
};

bool is_one_error_line(const std::string& err)
{
    return err.starts_with("latchkey: ") && std::ranges::count(err, '\n') == 1;
}

} // namespace

TEST_CASE("a login leaves a session that only its owner can read, and a logout ends it everywhere", "[cli]")
{
    const signed_in here;
    struct stat facts {};
    REQUIRE(::stat(here.shell.session_file().c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);
    REQUIRE(::stat(here.shell.file("config/latchkey").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0700);
    CHECK(holds(here.ok({"whoami"}).out, "root"));
    const json::value kept = json::parse(contents_of(here.shell.session_file()));
    const std::string session{kept.at("token").as_string().c_str()};
    CHECK(here.ok({"verify"}, session).status == 0);

    here.ok({"logout"});

    CHECK(::stat(here.shell.session_file().c_str(), &facts) != 0);
    CHECK(here.shell.run({"verify"}, session).status == 1);
    const command_result after = here.shell.run({"whoami"});
    CHECK(after.status == 3);
    CHECK(is_one_error_line(after.err));
}

TEST_CASE("a wrong password is refused with the server's words, and not shown", "[cli]")
{
    const temporary_directory directory;
    const server_process server{directory};
    const command_shell shell{"unix:" + directory.file("socket")};
    const command_result refused =
        shell.run({"login", "--email", server_process::email, "--password-file", "-"}, "WrongCanary!902\n");
    CHECK(refused.status == 1);
    CHECK(refused.out.empty());
    CHECK(refused.err == "latchkey: Incorrect email or password.\n");
}

TEST_CASE("a session that others can read is not used", "[cli]")
{
    const signed_in here;
    REQUIRE(::chmod(here.shell.session_file().c_str(), 0644) == 0);
    const command_result refused = here.shell.run({"whoami"});
    CHECK(refused.status == 1);
    CHECK(holds(refused.err, "others can read it"));
}

TEST_CASE("a session's token is sent to no other server", "[cli]")
{
    const signed_in here;
    const temporary_directory elsewhere;
    const server_process other{elsewhere};
    const command_result refused = here.shell.run({"whoami", "--url", "unix:" + elsewhere.file("socket")});
    CHECK(refused.status == 3);
    CHECK(holds(refused.err, "not signed in at"));
}

TEST_CASE("a token is created, listed, shown, verified, expired and deleted", "[cli]")
{
    const signed_in here;
    const command_result made =
        here.ok({"tokens", "create", "ci", "--lifetime", "1d12h", "--scope", "user:read"});
    const std::string token = without_line_end(made.out);
    REQUIRE(token.size() == 33); // the token alone: $(latchkey tokens create ci) is one
    CHECK_FALSE(holds(made.err, token.substr(11)));
    const std::string id = token.substr(0, 10);

    const json::value shown = json::parse(here.ok({"tokens", "show", "ci", "--output", "json"}).out);
    CHECK(shown.at("id").as_string() == id);
    CHECK(shown.at("lifetime_seconds").as_int64() == 36 * 3600);
    const json::value listed = json::parse(here.ok({"tokens", "list", "--output=json"}).out);
    REQUIRE(listed.as_array().size() == 1);
    CHECK(holds(here.ok({"tokens", "list"}).out, id));
    CHECK(holds(here.ok({"tokens", "show", id}).out, "user:read"));

    const json::value valid = json::parse(here.ok({"verify", "--output", "json"}, token).out);
    CHECK(valid.at("valid").as_bool());
    CHECK(valid.at("key_id").as_string() == id);
    CHECK(valid.at("username").as_string() == "root");
    CHECK(valid.at("scopes").as_array().size() == 1);
    CHECK(here.ok({"verify", here.shell.keep("token", token + "\n"), "--scope", "user:read"}).status == 0);
    const command_result insufficient = here.shell.run({"verify", "--scope", "api_key:create"}, token);
    CHECK(insufficient.status == 1);

    here.ok({"tokens", "expire", "ci"});
    const command_result expired = here.shell.run({"verify"}, token);
    CHECK(expired.status == 1);
    CHECK(expired.out == "not valid\n");
    here.ok({"tokens", "delete", id});
    const command_result gone = here.shell.run({"tokens", "show", "ci"});
    CHECK(gone.status == 1);
    CHECK(is_one_error_line(gone.err));
}

TEST_CASE("a token given as an argument is refused, and not repeated", "[cli]")
{
    const signed_in here;
    const std::string token = without_line_end(here.ok({"tokens", "create", "ci"}).out);
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"verify", token}, {"tokens", "delete", token}}) {
        const command_result refused = here.shell.run(words);
        CHECK(refused.status == 2);
        CHECK_FALSE(holds(refused.out + refused.err, token.substr(11)));
    }
    CHECK(here.ok({"verify"}, token).status == 0);
}

TEST_CASE("users are created, listed, suspended, activated, given roles and deleted", "[cli]")
{
    const signed_in here;
    const std::string password = here.shell.keep("password", "GuestCanaryPass!91\n");
    here.ok({"users", "create", "guest", "--email", "g@example.com", "--password-file", password});
    here.ok({"users", "create", "robot", "--service-account", "--role", "auditor"});
    const json::value listed = json::parse(here.ok({"users", "list", "--output", "json"}).out);
    CHECK(listed.as_array().size() == 3);
    CHECK(holds(here.ok({"users", "list"}).out, "g@example.com"));

    const command_shell guest{"unix:" + here.directory.file("socket")};
    const std::vector<std::string> login{"login", "--email", "g@example.com", "--password-file", password};
    CHECK(guest.run(login).status == 0);
    here.ok({"users", "suspend", "guest"});
    CHECK(guest.run({"whoami"}).status == 3);
    here.ok({"users", "activate", "guest"});
    CHECK(guest.run({"whoami"}).status == 0);

    here.ok({"users", "roles", "guest", "user-admin", "auditor"});
    CHECK(here.ok({"users", "roles", "guest"}).out == "auditor user-admin\n");
    here.ok({"users", "roles", "guest", "--none"});
    CHECK(here.ok({"users", "roles", "guest"}).out == "member\n");
    CHECK(guest.run({"users", "create", "x", "--service-account"}).status == 1);

    here.ok({"users", "passwd", "guest", "--password-file", "-"}, "FreshCanaryPass!55\n");
    CHECK(guest.run({"whoami"}).status == 3);
    CHECK(guest.run(login).status == 1);
    here.ok({"users", "delete", "guest", "robot"});
    const command_result self = here.shell.run({"users", "delete", "root"});
    CHECK(self.status == 1);
    CHECK(self.err == "latchkey: You cannot delete yourself!\n");
}

TEST_CASE("the audit log is listed and followed", "[cli]")
{
    const signed_in here;
    here.ok({"tokens", "create", "seen-in-the-log"});
    CHECK(holds(here.ok({"audit", "list"}).out, "seen-in-the-log"));
    const json::value listed = json::parse(
        here.ok({"audit", "list", "--query", "action:login", "--limit", "5", "--output", "json"}).out);
    REQUIRE(listed.as_array().size() == 1);
    CHECK(listed.at(0).at("action").as_string() == "login");
    const command_result followed =
        here.ok({"audit", "follow", "--lines", "2", "--count", "2", "--output", "json"});
    CHECK(std::ranges::count(followed.out, '\n') == 2);
    CHECK(holds(followed.out, "seen-in-the-log"));
}

TEST_CASE("health tells a ready server from none by exit status", "[cli]")
{
    const temporary_directory directory;
    const command_shell shell{"unix:" + directory.file("socket")};
    CHECK(shell.run({"health"}).status == 1);
    const command_result away =
        shell.run({"whoami", "--token-file", shell.keep("token", "abcdefghij-0123456789012345678901")});
    CHECK(away.status == 4);
    CHECK(is_one_error_line(away.err));
    const server_process server{directory};
    CHECK(shell.run({"health"}).status == 0);
    const json::value told = json::parse(shell.run({"health", "--output", "json"}).out);
    CHECK(told.at("ready").as_bool());
}

TEST_CASE("wrong usage ends with 2, says what is right and sends nothing", "[cli]")
{
    const command_shell shell{""};
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"tokens"},
                                               {"tokens", "make"},
                                               {"tokens", "list", "--everything"},
                                               {"tokens", "list", "--output", "xml"},
                                               {"tokens", "list", "--user"},
                                               {"tokens", "create", "a", "b"},
                                               {"tokens", "create", "a", "--lifetime", "5q"},
                                               {"login", "ftp://example.com"},
                                               {"login", "https://me:secret@example.com"},
                                               {"nonsense"}}) {
        const command_result refused = shell.run(words);
        CAPTURE(words, refused.err);
        CHECK(refused.status == 2);
        CHECK_FALSE(holds(refused.err, "secret"));
    }
}
