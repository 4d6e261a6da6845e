#include "storage/packed_text.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace latchkey {

packed_text::packed_text(std::string_view text, copying)
{
    if (text.empty()) return;
    if (text.size() > std::numeric_limits<length>::max()) throw std::length_error{"packed_text"};
    const auto size = static_cast<length>(text.size());
    bytes_ = std::make_unique_for_overwrite<char[]>(sizeof size + text.size());
    std::memcpy(bytes_.get(), &size, sizeof size);
    std::ranges::copy(text, bytes_.get() + sizeof size);
}

std::string_view packed_text::view() const noexcept
{
    if (empty()) return {};
    length size = 0;
    std::memcpy(&size, bytes_.get(), sizeof size);
    return {bytes_.get() + sizeof size, size};
}

} // namespace latchkey
