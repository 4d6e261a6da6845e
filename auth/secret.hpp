// Bytes that must not be seen: a token's second half, a password, a pepper. Cannot be printed, compared
// with ==, or copied by accident; wiped when it goes.
#pragma once

#include "auth/crypto.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey {

// The 22 characters of a token's second half. Lives on the stack or in a member, never on the heap.
class token_secret {
public:
    static constexpr std::size_t length = 22;

    token_secret() = default;
    token_secret(const token_secret&) = delete;
    token_secret& operator=(const token_secret&) = delete;
    token_secret(token_secret&& other) noexcept : characters_{other.characters_} { other.wipe(); }
    token_secret& operator=(token_secret&& other) noexcept
    {
        if (this != &other) {
            characters_ = other.characters_;
            other.wipe();
        }
        return *this;
    }
    ~token_secret() { wipe(); }

    // The only way to the characters, named so that a reader stops at it.
    std::string_view expose() const noexcept { return {characters_.data(), length}; }
    std::array<char, length>& writable() noexcept { return characters_; }

private:
    void wipe() noexcept { wipe_memory(characters_.data(), characters_.size()); }

    std::array<char, length> characters_{};
};

// Text of any length that must not be seen: passwords, peppers, freshly minted tokens.
class secret_text {
public:
    secret_text() = default;
    explicit secret_text(std::string text) noexcept : text_{std::move(text)} {}
    secret_text(const secret_text&) = delete;
    secret_text& operator=(const secret_text&) = delete;
    secret_text(secret_text&& other) noexcept : text_{std::move(other.text_)} { other.wipe(); }
    secret_text& operator=(secret_text&& other) noexcept
    {
        if (this != &other) {
            wipe();
            text_ = std::move(other.text_);
            other.wipe();
        }
        return *this;
    }
    ~secret_text() { wipe(); }

    std::string_view expose() const noexcept { return text_; }
    bool empty() const noexcept { return text_.empty(); }
    std::size_t size() const noexcept { return text_.size(); }

private:
    void wipe() noexcept { wipe_memory(text_.data(), text_.capacity()); }

    std::string text_;
};

} // namespace latchkey
