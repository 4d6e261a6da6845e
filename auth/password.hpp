// Passwords of people: Argon2id at OWASP's parameters, and the rules of contract 8.2. The functions that
// hash take some 25 ms and 19 MiB: never on a shard, only on the bounded worker pool.
#pragma once

#include "auth/secret.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

inline constexpr std::size_t max_password_length = 64; // bytes, as Coder counts
inline constexpr double min_password_entropy = 52;     // bits, by password_entropy

// With a fresh salt, in PHC text form: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.
[[nodiscard]] std::string hash_password(const secret_text& password);

// In constant time. A stored text that is empty, damaged, or asks for absurd parameters matches nothing,
// after the same work as dummy_verify.
[[nodiscard]] bool verify_password(const secret_text& password, std::string_view stored);

// The work of verify_password where there is no such user (contract 8.2, security.md 10).
void dummy_verify(const secret_text& password);

// True when `stored` was not made with today's parameters.
[[nodiscard]] bool needs_rehash(std::string_view stored);

// Bits, estimated from the character classes used and the length without obvious runs and sequences.
double password_entropy(std::string_view password);

// Nothing when the password may be used; else the text for the `password` validation.
[[nodiscard]] std::optional<std::string> password_fault(std::string_view password);

} // namespace latchkey
