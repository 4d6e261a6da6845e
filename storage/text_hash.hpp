// Hashes for the sets of the memory table. Not cryptographic, but seeded per process: names are chosen by
// users, who shall not be able to prepare a pile of them that all fall into one bucket.
#pragma once

#include "storage/records.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey {

// High quality in all bits: the id table takes its stripe from the middle ones, the sets the outer ones.
std::uint64_t hash_of(std::string_view text) noexcept;

// The id of a key that is searched for: in two words that overlap, and their hash. Ten characters that are
// put into memory and read in other pieces are waited for at each step of the way, together for a tenth of a
// pipelined verification (./dev bench verify).
class hashed_id {
public:
    hashed_id(const key_id& id) noexcept : hashed_id{id.word(0), id.word(key_id::back_at)} {}

    // Nothing unless `text` is an id.
    static std::optional<hashed_id> parse(std::string_view text) noexcept
    {
        if (!key_id::is_id(text)) return std::nullopt;
        return unchecked(text);
    }

    // Of any ten characters, for hints.
    static hashed_id unchecked(std::string_view ten) noexcept
    {
        return hashed_id{byte_words::load(ten.data()), byte_words::load(ten.data() + key_id::back_at)};
    }

    bool is(const key_id& id) const noexcept
    {
        return front_ == id.word(0) && back_ == id.word(key_id::back_at);
    }
    std::uint64_t front() const noexcept { return front_; } // its first eight characters
    std::uint64_t hash() const noexcept { return hash_; }
    key_id id() const noexcept;

private:
    hashed_id(std::uint64_t front, std::uint64_t back) noexcept
        : front_{front},
          back_{back},
          hash_{hash_of_words(front, back)}
    {}
    static std::uint64_t hash_of_words(std::uint64_t front, std::uint64_t back) noexcept;

    std::uint64_t front_;
    std::uint64_t back_;
    std::uint64_t hash_;
};

inline std::uint64_t hash_of(const key_id& id) noexcept
{
    return hashed_id{id}.hash();
}

} // namespace latchkey
