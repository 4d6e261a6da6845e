// What every test of the wire contract starts from: a running server with one signed-in user of each kind.
// One for each store, shared by all tests of the program; whoever changes an account makes his own first.
#pragma once

#include "tests/support/catch.hpp"
#include "tests/wire/wire_server.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::test {

namespace json = boost::json;

inline const std::string good_password = "SomeSecurePassword!7";

struct account {
    std::string id;
    std::string username;
    std::string email;
    std::string token; // a session key, all scopes
};

class wire_fixture {
public:
    explicit wire_fixture(engine over, std::vector<std::string> flags = {});

    // The shared one.
    static wire_fixture& over(engine store);

    const engine store;
    account owner;
    account member;
    account other_member;
    account user_admin;
    account template_admin;
    account auditor;

    // On one kept connection, a new one after a pause. No token: no credential at all.
    http_answer call(std::string_view method,
                     std::string_view path,
                     const std::string& token = {},
                     std::string_view body = {},
                     header_list headers = {});

    http_answer get(std::string_view path, const std::string& token = {}) { return call("GET", path, token); }
    http_answer post(std::string_view path, const std::string& token, std::string_view body)
    {
        return call("POST", path, token, body);
    }

    // A fresh account with a fresh name, signed in. `roles` as on the wire.
    account new_user(const std::vector<std::string>& roles = {});

    // The printed token of the 201; fails the test if there was none.
    std::string new_token(const account& holder, std::string_view body = "{}");
    std::string new_token_by(const std::string& token, std::string_view body);

    // A name no other test uses.
    std::string fresh_name(std::string_view prefix);

    const wire_server& server() const noexcept { return server_; }
    http_client connect() const { return server_.connect(); }

private:
    void create_first_user();

    wire_server server_;
    http_client client_;
    std::chrono::steady_clock::time_point called_ = std::chrono::steady_clock::now();
    unsigned names_ = 0;
};

// Runs the test over each store: WIRE tests begin with `wire_fixture& wire = any_wire();`.
wire_fixture& any_wire();

// --- what is asked ---

inline constexpr std::string_view own_path = "/api/v2/users/me";

inline std::string keys_path(std::string_view user)
{
    return std::string{"/api/v2/users/"}.append(user).append("/keys");
}
inline std::string tokens_path(std::string_view user)
{
    return keys_path(user) + "/tokens";
}

// The body that creates a token of that name.
inline std::string named(std::string_view name)
{
    return std::string{R"({"token_name":")"}.append(name).append("\"}");
}

// --- what is expected ---

std::string error_json(std::string_view message,
                       std::string_view detail = {},
                       const std::vector<std::pair<std::string, std::string>>& validations = {});

void check_error(const http_answer& answer,
                 unsigned status,
                 std::string_view message,
                 std::string_view detail = {},
                 const std::vector<std::pair<std::string, std::string>>& validations = {});

void check_not_found(const http_answer& answer);                           // generic, 4.2
void check_forbidden(const http_answer& answer);                           // generic, 4.2
void check_signed_out(const http_answer& answer, std::string_view detail); // 3.4

inline constexpr std::string_view not_json = "Request body must be valid JSON.";
inline constexpr std::string_view create_failed = "Failed to create API key.";
inline constexpr std::string_view invalid_create = "Failed to validate create API key request.";
inline constexpr std::string_view validation_failed = "Validation failed.";

// --- reading answers ---

json::value parsed(const http_answer& answer);
std::string text(const json::value& object, std::string_view name);
std::vector<std::string> texts(const json::value& object, std::string_view name);
std::vector<std::string> field_names(const json::value& object);
bool contains(std::string_view whole, std::string_view part);

inline std::string id_of(const std::string& token)
{
    return token.substr(0, 10);
}

// The elements' field of that name.
std::vector<std::string> column(const json::value& array, std::string_view name);

// Microseconds since 1970 of a time on the wire; fails the test if it is none.
std::int64_t instant(const json::value& object, std::string_view name);

// The one audit entry of the request that was answered so. A refused verification does not wait for its entry
// to be written, so this one does.
json::value entry_of(wire_fixture& wire, const http_answer& answer);

// What the holder is shown of the key of his token.
inline json::value key_of(wire_fixture& wire, const account& holder, const std::string& token)
{
    return parsed(wire.get(keys_path("me") + "/" + id_of(token), holder.token));
}

} // namespace latchkey::test
