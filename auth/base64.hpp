// Standard base64 (RFC 4648, section 4) without padding, as PHC texts carry it. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

void append_base64(std::string& out, std::span<const std::uint8_t> bytes);

// Only the one text that append_base64 makes: nothing for padding, foreign characters, or stray last bits.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text);

} // namespace latchkey
