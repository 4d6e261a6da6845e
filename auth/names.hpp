// Rules for names (contract 4.4) and the names that are made up for tokens without one. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

// Nothing when it may be used; else the message. Usernames and organisation names.
[[nodiscard]] std::optional<std::string_view> username_fault(std::string_view name) noexcept;

// Nothing when it may be used (empty is fine); else the message. Counted in bytes.
[[nodiscard]] std::optional<std::string_view> real_name_fault(std::string_view name) noexcept;

// local@domain without spaces and control characters, at most 254 bytes (RFC 5321, 4.5.3.1.3). Whether
// somebody reads it is not asked.
[[nodiscard]] bool is_email_address(std::string_view text) noexcept;

// `adjective_surname` and nine digits, lower case (contract 1.2): one of so many that nobody looks first
// whether the owner has it. Of a million tokens he has it once in four million times; the insert says so.
[[nodiscard]] std::string generate_token_name();

} // namespace latchkey
