// Which objects a key may touch: entries `type:id`, either of them `*` (contract 5.5). Stored and sent as
// text; the functions here read that text and allocate only where they say something. Pure, any thread.
#pragma once

#include "auth/checked.hpp"
#include "auth/resource.hpp"
#include "auth/scope.hpp"
#include "storage/records.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

inline constexpr std::size_t max_allow_list_entries = 128; // after normalising

struct allow_entry {
    resource_type type = resource_type::any;
    std::optional<uuid> id; // nothing: "*"

    bool operator==(const allow_entry&) const = default;
};

std::string to_string(const allow_entry& entry);

// Faults found while the body is decoded: 400 `Request body must be valid JSON.`; the text is the detail.
[[nodiscard]] checked<allow_entry> parse_allow_entry(std::string_view text);

// Entries in the form that is stored: `*:*` alone if it is among them or if there are none, `type:*` in
// place of that type's ids, no duplicates, sorted by type, then id. A request without entries inherits
// (contract A3), so ask that before. Fault, found after decoding: 400 `Failed to create API key.`; too
// many entries.
[[nodiscard]] checked<std::vector<std::string>> normalise_allow_list(std::vector<allow_entry> entries);

// Is this object within the stored list? Without an id (create, list) only `type:*` or `*:*` will do.
// A stored entry that cannot be read permits nothing. Allocates nothing.
[[nodiscard]] bool
permits(std::span<const std::string> stored, resource_type type, const std::optional<uuid>& id) noexcept;

// Is all that `wanted` stands for within the stored list? Allocates nothing.
[[nodiscard]] bool permits(std::span<const std::string> stored, const allow_entry& wanted) noexcept;

// Every one of `child` within `parent`, both as stored (contract 1.3); the text names the first that is not.
[[nodiscard]] coverage allow_list_covered(std::span<const std::string> child,
                                          std::span<const std::string> parent);

} // namespace latchkey
