// How secrets of tokens are hashed and checked: under the current pepper, an older one, or none. Made once
// at start, then constant: every thread may use it. Each check costs the same number of hashes, whatever
// the key and whether there is one, so that time tells nothing (security.md 8, 10).
#pragma once

#include "auth/checked.hpp"
#include "auth/secret.hpp"
#include "storage/records.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace latchkey {

class pepper_set {
public:
    static constexpr std::size_t min_pepper_length = 32; // bytes

    // No pepper: secrets are stored as plain SHA-256 (contract 2).
    pepper_set() = default;

    // From the text of --pepper-file: one pepper per line, the first is current, the rest are older ones
    // that keys may still be stored under. A carriage return at a line's end is ignored, empty lines too.
    // Fault: a line that is too short or doubled, or no pepper at all. It names the line, never its text.
    [[nodiscard]] static checked<pepper_set> parse(std::string_view file_text);

    // What `hash` makes: sha256 without peppers, hmac_sha256 with.
    digest_kind current_kind() const noexcept;

    // Of a token's second half, as new keys store it.
    digest hash(std::string_view secret) const;

    // Was `key` made with `secret`? Allocates nothing after a thread's first call.
    [[nodiscard]] bool matches(const key_record& key, std::string_view secret) const;

    // The work of `matches` where there is no such key.
    void dummy_check(std::string_view secret) const;

private:
    bool matches_any(digest_kind kind, const digest& stored, std::string_view secret) const;

    std::vector<secret_text> peppers_; // current first
};

} // namespace latchkey
