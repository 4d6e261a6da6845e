// The printed token: `<id:10>-<secret:22>` of 0-9A-Za-z (contract 2). Minting, printing and taking apart.
// Pure functions, any thread; mint_token is the only one that makes a secret, print_token the only one
// that puts it into text.
#pragma once

#include "auth/secret.hpp"
#include "storage/records.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey {

struct minted_token {
    key_id id;
    token_secret secret;
};

// Fresh id and secret from the operating system's generator; 131 bits in the secret. The id begins with
// `id_prefix`, which is shorter than an id.
[[nodiscard]] minted_token mint_token(std::string_view id_prefix = {}) noexcept;

// `<id>-<secret>`, to be shown once.
[[nodiscard]] secret_text print_token(const key_id& id, const token_secret& secret);

// The format faults of contract 3.4, in the order in which they are looked for. Lengths are in bytes.
struct token_fault {
    enum class kind : std::uint8_t { none, part_count, id_length, secret_length };

    kind what = kind::none;
    std::size_t count = 0; // the parts or bytes that were found

    bool operator==(const token_fault&) const = default;
};

// The `detail` of the 401. Empty for kind::none. Holds no byte of the token.
std::string detail_text(const token_fault& fault);

// Views into the text that was parsed; both empty when there is a fault. The lengths are right when there
// is none, the characters may still lie outside the alphabet: then key_id::parse says so, and to the
// caller it is an id that does not exist.
struct parsed_token {
    token_fault fault;
    std::string_view id;
    std::string_view secret;

    explicit operator bool() const noexcept { return fault.what == token_fault::kind::none; }
};

// Allocates nothing.
[[nodiscard]] parsed_token parse_token(std::string_view text) noexcept;

// HMAC-SHA-256 under `pepper`; plain SHA-256 when `pepper` is empty. A fast hash is right here and only
// here: the secret has 131 random bits (NIST SP 800-63B), unlike a password.
digest hash_secret(std::string_view secret, std::string_view pepper);

} // namespace latchkey
