// Pieces the head of an answer together on the stack, where a piece costs a few instructions, to be appended
// to the output at once. Noticed by ./dev bench verify: strings that grow piece by piece cost a tenth of a
// pipelined verification.
#pragma once

#include "storage/records.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace latchkey {

class head_writer {
public:
    static constexpr std::size_t capacity = 4096;

    // A literal, of a size that the compiler knows.
    template <std::size_t Size>
    void write(const char (&text)[Size]) noexcept
    {
        assert(Size <= space_.size() - size_);
        std::memcpy(space_.data() + size_, text, Size - 1);
        size_ += Size - 1;
    }

    // Callers bound what comes from outside, so that everything fits.
    void write(std::string_view text) noexcept
    {
        assert(text.size() <= space_.size() - size_);
        std::memcpy(space_.data() + size_, text.data(), text.size());
        size_ += text.size();
    }

    void write(const uuid& id) noexcept
    {
        assert(uuid_length <= space_.size() - size_);
        write_uuid(space_.data() + size_, id);
        size_ += uuid_length;
    }

    void write(std::size_t number) noexcept
    {
        char* const end = std::to_chars(space_.data() + size_, space_.data() + space_.size(), number).ptr;
        size_ = static_cast<std::size_t>(end - space_.data());
    }

    // Control characters, which would end the line or worse, become '?' (security.md 35).
    void write_value(std::string_view text) noexcept
    {
        assert(text.size() <= space_.size() - size_);
        const auto clean = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c; };
        std::transform(text.begin(), text.end(), space_.data() + size_, clean);
        size_ += text.size();
    }

    std::string_view view() const noexcept { return {space_.data(), size_}; }

private:
    std::array<char, capacity> space_;
    std::size_t size_ = 0;
};

} // namespace latchkey
