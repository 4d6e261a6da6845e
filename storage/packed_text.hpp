// A text in one word, where a std::string takes four: for records that are kept by the million. What is not
// empty lies on the heap, behind its length.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace latchkey {

class packed_text {
public:
    packed_text() = default;

    // Throws bad_alloc; length_error beyond 4 GiB.
    template <class Text>
    requires std::convertible_to<const Text&, std::string_view> packed_text(const Text& text)
        : packed_text{std::string_view{text}, copying{}}
    {}

    packed_text(const packed_text& other) : packed_text{other.view(), copying{}} {}
    packed_text(packed_text&&) noexcept = default;
    packed_text& operator=(const packed_text& other) { return *this = packed_text{other}; }
    packed_text& operator=(packed_text&&) noexcept = default;
    ~packed_text() = default;

    std::string_view view() const noexcept;
    operator std::string_view() const noexcept { return view(); }
    bool empty() const noexcept { return bytes_ == nullptr; }

    // What it takes on the heap, less what the heap itself adds.
    std::size_t heap_size() const noexcept { return empty() ? 0 : sizeof(length) + view().size(); }

    template <class Text>
    requires std::convertible_to<const Text&, std::string_view>
    friend bool operator==(const packed_text& a, const Text& b) noexcept
    {
        return a.view() == std::string_view{b};
    }

private:
    using length = std::uint32_t;
    struct copying {};

    packed_text(std::string_view text, copying);

    std::unique_ptr<char[]> bytes_; // null: empty
};

} // namespace latchkey
