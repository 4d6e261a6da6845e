#include "auth/names.hpp"
#include "server/router.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

using namespace latchkey;

namespace {

constexpr http::verb methods[] = {http::verb::get,
                                  http::verb::head,
                                  http::verb::post,
                                  http::verb::put,
                                  http::verb::delete_,
                                  http::verb::patch,
                                  http::verb::options,
                                  http::verb::trace,
                                  http::verb::connect,
                                  http::verb::unknown};

std::string replaced(std::string text, std::string_view what, std::string_view by)
{
    const std::size_t at = text.find(what);
    return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

// A path that the pattern means.
std::string example_of(std::string_view pattern)
{
    std::string path{pattern};
    path = replaced(std::move(path), "{user}", "alice");
    path = replaced(std::move(path), "{keyid}", "abcdefghij");
    path = replaced(std::move(path), "{asset}", "style.css");
    return replaced(std::move(path), "{keyname}", "my-token");
}

} // namespace

TEST_CASE("every row is reached by its method, with its parameters", "[server][router]")
{
    for (const route& row : all_routes()) {
        INFO(http::to_string(row.method) << ' ' << row.pattern);
        const std::string path = example_of(row.pattern);

        const route_match match = match_route(row.method, path);

        REQUIRE(match.what == route_match::outcome::found);
        CHECK(match.row == &row);
        const bool has_user = row.pattern.find("{user}") != std::string_view::npos;
        CHECK(match.user == (has_user ? "alice" : ""));
        const bool has_id = row.pattern.find("{keyid}") != std::string_view::npos;
        const bool has_name = row.pattern.find("{keyname}") != std::string_view::npos;
        const bool has_asset = row.pattern.find("{asset}") != std::string_view::npos;
        CHECK(match.key == (has_id ? "abcdefghij" : has_name ? "my-token" : has_asset ? "style.css" : ""));
        CHECK(match_route(row.method, path + "/").row == &row);
    }
}

TEST_CASE("every method that no row has for a path is a wrong one, and Allow names the right ones",
          "[server][router]")
{
    std::set<std::string> patterns;
    for (const route& row : all_routes())
        patterns.emplace(row.pattern);
    for (const std::string& pattern : patterns) {
        const std::string path = example_of(pattern);
        const std::string allowed = ", " + allowed_methods(path) + ",";
        for (const http::verb method : methods) {
            INFO(http::to_string(method) << ' ' << path << ", allowed " << allowed);
            const auto rows = all_routes();
            const bool served = std::any_of(rows.begin(), rows.end(), [&](const route& row) {
                const http::verb asked = method == http::verb::head ? http::verb::get : method;
                return row.pattern == pattern && row.method == asked;
            });

            CHECK(match_route(method, path).what ==
                  (served ? route_match::outcome::found : route_match::outcome::wrong_method));
            CHECK((allowed.find(", " + std::string{http::to_string(method)} + ",") != std::string::npos) ==
                  served);
        }
    }
}

TEST_CASE("static segments beat parameters, whatever the method", "[server][router]")
{
    CHECK(match_route(http::verb::get, "/api/v2/users/first").row->pattern == "/api/v2/users/first");
    CHECK(match_route(http::verb::delete_, "/api/v2/users/first").what == route_match::outcome::wrong_method);
    CHECK(match_route(http::verb::get, "/api/v2/users/firs").user == "firs");
    CHECK(match_route(http::verb::get, "/api/v2/users/me/keys/tokens").row->pattern ==
          "/api/v2/users/{user}/keys/tokens");
    CHECK(match_route(http::verb::delete_, "/api/v2/users/me/keys/tokens").what ==
          route_match::outcome::wrong_method);
    CHECK(match_route(http::verb::get, "/api/v2/users/me/keys/tokens/tokenconfig").row->pattern ==
          "/api/v2/users/{user}/keys/tokens/tokenconfig");

    // Both patterns fit: the one that is static first wins.
    CHECK(match_route(http::verb::get, "/api/v2/users/me/keys/tokens/expire").key == "expire");
}

TEST_CASE("paths that no row has are unknown", "[server][router]")
{
    for (const char* path : {"/assets",
                             "/api",
                             "/api/v1/users",
                             "/api/v2/user",
                             "/api/v2/usersx",
                             "/api/v2/users/me/key",
                             "/api/v2/users/me/keys/a/b/c",
                             "/api/v2/users/me/status",
                             "/api/v2/users/me/status/destroy",
                             "/API/v2/users",
                             "/healthz/x"}) {
        CAPTURE(path);
        CHECK(match_route(http::verb::get, path).what == route_match::outcome::no_such_path);
        CHECK(allowed_methods(path).empty());
    }
}

TEST_CASE("no two rows are the same", "[server][router]")
{
    std::set<std::pair<std::string, http::verb>> seen;
    for (const route& row : all_routes()) {
        CAPTURE(row.pattern);
        CHECK(seen.emplace(row.pattern, row.method).second);
    }
}

TEST_CASE("what a password can be guessed through is limited as logins are", "[server][router]")
{
    for (const auto& [method, path] : {std::pair{http::verb::post, "/api/v2/users/login"},
                                       std::pair{http::verb::post, "/api/v2/users/first"},
                                       std::pair{http::verb::post, "/api/v2/users/validate-password"},
                                       std::pair{http::verb::put, "/api/v2/users/me/password"}}) {
        CAPTURE(path);
        CHECK(match_route(method, path).row->rate == rate_class::login);
    }
}

TEST_CASE("reserved names: no user may be called what a route says in the place of {user}",
          "[server][router][security]") // 13
{
    constexpr std::string_view users = "/api/v2/users/";
    std::set<std::string> words{"me"};
    for (const route& row : all_routes()) {
        if (!row.pattern.starts_with(users)) continue;
        const std::string_view rest = row.pattern.substr(users.size());
        const std::string_view word = rest.substr(0, rest.find('/'));
        if (word != "{user}") words.emplace(word);
    }
    CHECK(words.size() > 4);
    for (const std::string& word : words) {
        CAPTURE(word);
        std::string loud = word;
        std::transform(loud.begin(), loud.end(), loud.begin(), [](unsigned char c) {
            return static_cast<char>(std::toupper(c));
        });
        std::string mixed = word;
        mixed.front() = loud.front();
        for (const std::string& form : {word, loud, mixed})
            CHECK(username_fault(form).value_or("") == "cannot use \"" + word + "\" as a name");
    }
}
