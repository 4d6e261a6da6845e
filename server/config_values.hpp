// Values of options from text: addresses, stores, sizes, urls. Pure functions, any thread.
#pragma once

#include "server/config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

// `HOST:PORT` with an IP address, `localhost`, or nothing or `*` for all IPv4 interfaces; `[v6]:PORT`;
// `unix:/absolute/path`.
[[nodiscard]] std::optional<listen_address> parse_listen_address(std::string_view text);

// `memory:`, `sqlite:PATH`, or Redis as storage/redis_endpoint.hpp has it. The error quotes no password.
[[nodiscard]] open_result<store_location> parse_store_location(std::string_view text);

// Bytes: `1048576`, `64KiB`, `256MiB`, `1GiB`.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;

// `http(s)://host[:port][/path]`, nothing behind it and no credentials; a slash at the end is dropped.
[[nodiscard]] std::optional<std::string> parse_access_url(std::string_view text);

// `vX.Y.Z` with an optional tail of `A-Za-z0-9.+-`: it becomes a header.
[[nodiscard]] bool is_version(std::string_view text) noexcept;

// Decimal digits only, no sign, no space.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text) noexcept;

// Not empty and without control characters, which no log line and no system call should meet.
[[nodiscard]] bool is_path(std::string_view text) noexcept;

} // namespace latchkey
