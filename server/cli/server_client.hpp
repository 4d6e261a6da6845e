// What a command says to a server and hears from it: HTTP over TCP, a socket file or TLS, one connection a
// request. Made once by a command from its options, the environment and the kept session.
#pragma once

#include "auth/secret.hpp"
#include "server/cli/command_line.hpp"

#include <boost/json/value.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::cli {

namespace json = boost::json;

struct server_url {
    enum class scheme { http, https, local };

    scheme via = scheme::http;
    std::string host; // local: empty
    std::string port;
    std::string
        path; // of the socket file; otherwise what stands before every route, without a slash at its end
    std::string text; // as it is shown and kept

    // Throws command_failure (usage).
    static server_url parse(std::string_view text);
};

struct server_answer {
    unsigned status = 0;
    std::map<std::string, std::string, std::less<>> headers; // by lower-case name
    std::string body;

    json::value parsed() const; // throws command_failure when it is no JSON
};

class server_client {
public:
    // By --url, LATCHKEY_URL, the kept session, the default; the token likewise, and never that of a session
    // with another server.
    explicit server_client(const invocation& given);
    server_client(const invocation& given, server_url url); // without a token unless one is given

    const server_url& url() const noexcept { return url_; }
    bool has_token() const noexcept { return !token_.empty(); }
    const secret_text& token() const noexcept { return token_; }
    void use_token(secret_text token) { token_ = std::move(token); }

    // Throws command_failure (unreachable) when there is no answer. `bearer`: instead of the client's token.
    server_answer ask(std::string_view method,
                      const std::string& target,
                      std::string_view body = {},
                      const secret_text* bearer = nullptr) const;

    // As `ask`, with a token, which must be there; an answer that is no success becomes a command_failure
    // with the server's message.
    json::value call(std::string_view method, const std::string& target, const json::value& body = {}) const;

private:
    server_url url_;
    std::string ca_file_;
    secret_text token_;
};

// Throws what the answer says.
[[noreturn]] void fail_with(const server_answer& answer);

// For a path segment or a value of a query.
std::string percent_encoded(std::string_view text);

// Empty when there is none; otherwise exactly what the field holds.
std::string text_of(const json::value& object, std::string_view field);
std::string texts_of(const json::value& object, std::string_view field); // of an array, joined by spaces

} // namespace latchkey::cli
