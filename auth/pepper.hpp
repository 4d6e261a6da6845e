// How secrets of tokens are hashed and checked: under the current pepper, an older one, or none. Made once
// at start, then constant: every thread may use it. Each check costs the same number of hashes, whatever
// the key and whether there is one, so that time tells nothing (security.md 8, 10).
#pragma once

#include "auth/checked.hpp"
#include "auth/secret.hpp"
#include "storage/records.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace latchkey {

class pepper_set {
public:
    static constexpr std::size_t min_pepper_length = 32; // bytes
    static constexpr std::size_t most_peppers = 8;

    // No pepper: secrets are stored as plain SHA-256 (contract 2).
    pepper_set() = default;

    // From the text of --pepper-file: one pepper per line, the first is current, the rest are older ones
    // that keys may still be stored under. A carriage return at a line's end is ignored, empty lines too.
    // Fault: a line that is too short or doubled, no pepper at all, or more than most_peppers. It names the
    // line, never its text.
    [[nodiscard]] static checked<pepper_set> parse(std::string_view file_text);

    // What `hash` makes: sha256 without peppers, hmac_sha256 with.
    digest_kind current_kind() const noexcept;

    // Of a token's second half, as new keys store it.
    digest hash(std::string_view secret) const;

    // Every hash that a key made with a secret could have: plain, and under each pepper.
    class hashes {
    private:
        friend pepper_set;
        std::array<digest, 1 + most_peppers>
            made_; // the first is plain; as many as the set has peppers follow
        std::size_t count_ = 0;
    };

    // The costly part of a check, which needs no key: so it can be done while memory fetches the key.
    // Allocates nothing after a thread's first call.
    [[nodiscard]] hashes hashes_of(std::string_view secret) const;

    // Was `key` made with the secret of these hashes?
    [[nodiscard]] static bool matches(const key_facts& key, const hashes& secret);

    // The work of `matches` where there is no such key.
    static void dummy_check(const hashes& secret);

private:
    static bool matches_any(digest_kind kind, const digest& stored, const hashes& secret);

    std::vector<secret_text> peppers_; // current first
};

} // namespace latchkey
