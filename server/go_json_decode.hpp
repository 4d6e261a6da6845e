// Decoding a request's body into one struct as Go's encoding/json does it (contract 4.3): names without
// case, last duplicate wins, unknown fields ignored, null as absent, only the first value read, and Go's
// words when it does not fit. Nothing is built besides the fields asked for. Pure, any thread.
#pragma once

#include "auth/refusal.hpp"
#include "auth/secret.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace latchkey {

// Nesting beyond it is refused before it is built (security.md 17).
inline constexpr std::size_t max_json_depth = 64;

// Looks at an element of a list as it is decoded; empty when it may pass, else the detail of the 400.
using element_check = std::string (*)(std::string_view text);

struct go_field {
    std::string_view name;
    std::string_view type; // Go's name for it, as in "time.Duration" or "[]string"
    std::variant<std::string*, secret_text*, bool*, std::int64_t*, std::vector<std::string>*> into;
    element_check check = nullptr; // of a type that decodes itself; for lists of text only
    bool* is_given = nullptr;      // for lists only: an empty one is told from none
};

// A struct of Go's, as its messages name it: "codersdk.CreateTokenRequest", "CreateTokenRequest" in fields.
struct go_struct {
    std::string_view type;
    std::span<const go_field> fields;
};

// Fills in what `body` names and leaves the rest as it is. A refusal is the 400 `Request body must be valid
// JSON.` with the decoder's detail; some fields may have been filled in by then.
[[nodiscard]] outcome<void> decode_go_json(std::string_view body, const go_struct& shape);

} // namespace latchkey
