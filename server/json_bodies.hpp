// JSON in both directions, as Go's encoder and decoder do it (contract 4.1, 4.3).
#pragma once

#include "auth/key_service.hpp"
#include "auth/refusal.hpp"
#include "auth/user_service.hpp"
#include "storage/audit_log.hpp"
#include "storage/records.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

// Appends a JSON string with Go's escaping: < > & as \u003c \u003e \u0026, U+2028 and U+2029 too.
void append_json_string(std::string& out, std::string_view text);

// Compact, with Go's escaping and one newline behind.
std::string go_json(const boost::json::value& value);

// What the wire shows (contract 1.5, 1.6, 7.2, 8.3). Field order as listed there. No newline.
void append_key(std::string& out, const key_listing& listing);
void append_listed_token(std::string& out, const key_listing& listing); // with the owner's username behind
void append_user(std::string& out, const user& shown);

// `actor`: the account behind entry.actor, nothing when it cannot be found. `is_deleted`: the resource is.
void append_audit_entry(std::string& out, const audit_entry& entry, const user* actor, bool is_deleted);

// A request's body. Capped in size and depth before it is parsed; names without case, last duplicate wins,
// unknown ones ignored, null as absent; only the first value is read. The refusal carries the text of Go's
// decoder (contract 4.3).
outcome<token_request> parse_token_request(std::string_view body);
outcome<new_user> parse_first_user(std::string_view body);
outcome<new_user> parse_new_user(std::string_view body);

struct login_body {
    std::string email;
    secret_text password;
};
outcome<login_body> parse_login(std::string_view body);
outcome<secret_text> parse_password_check(std::string_view body);

struct password_change_body {
    secret_text old_password;
    secret_text password;
};
outcome<password_change_body> parse_password_change(std::string_view body);
outcome<std::vector<std::string>> parse_roles(std::string_view body);

// The tokens of POST /api/v2/verify, at most so many.
inline constexpr std::size_t most_tokens_at_once = 1000;
outcome<std::vector<std::string>> parse_token_batch(std::string_view body);

} // namespace latchkey
