// What a text takes on the heap, the heap's own record of it included. For tables that are bounded by bytes.
#pragma once

#include "storage/packed_text.hpp"

#include <cstddef>
#include <string>

namespace latchkey {

inline std::size_t heap_bytes(const std::string& text) noexcept
{
    constexpr std::size_t inside = 15;
    return text.capacity() > inside ? text.capacity() + 17 : 0;
}

inline std::size_t heap_bytes(const packed_text& text) noexcept
{
    return text.empty() ? 0 : text.heap_size() + 16;
}

} // namespace latchkey
