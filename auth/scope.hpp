// What a key may do, by its scopes: names into permissions, and whether one set lies within another
// (contract 5.1 to 5.3). Scopes never add to what the owner's roles allow: callers intersect. Pure
// functions over constant tables, any thread.
#pragma once

#include "auth/checked.hpp"
#include "auth/resource.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

// A set of (resource type, action) pairs. An action on resource_type::any, or action::any, is a pair like
// the others: only what was granted as "*" holds it.
class permission_set {
public:
    constexpr permission_set() = default;

    // Every pair there is: `coder:all`, and what an owner's role gives.
    static permission_set everything() noexcept;

    constexpr permission_set& add(resource_type type, action_mask actions) noexcept
    {
        actions_[static_cast<std::size_t>(type)] |= actions;
        return *this;
    }

    // With every action that exists for it.
    permission_set& add_all_of(resource_type type) noexcept;

    constexpr bool allows(resource_type type, action what) const noexcept
    {
        return (actions_[static_cast<std::size_t>(type)] & mask_of(what)) != 0;
    }

    permission_set& operator|=(const permission_set& other) noexcept;
    permission_set& operator&=(const permission_set& other) noexcept;
    friend permission_set operator|(permission_set one, const permission_set& other) noexcept
    {
        return one |= other;
    }
    friend permission_set operator&(permission_set one, const permission_set& other) noexcept
    {
        return one &= other;
    }

    // Is every pair of `other` also here?
    bool covers(const permission_set& other) const noexcept;
    bool empty() const noexcept;

    bool operator==(const permission_set&) const = default;

private:
    std::array<action_mask, resource_type_count> actions_{};
};

// The permissions of one scope name, external or internal, aliases too. Nothing for an unknown name.
// Allocates nothing.
[[nodiscard]] std::optional<permission_set> expand(std::string_view scope) noexcept;

// The union over a key's stored scopes. A name that is not known (any more) gives nothing. Allocates nothing.
[[nodiscard]] permission_set permissions_of(std::span<const std::string> scopes) noexcept;

// Does `held` give all that `wanted` stands for? False when either is unknown. Allocates nothing.
[[nodiscard]] bool covers(std::string_view held, std::string_view wanted) noexcept;

// May a token ask for it? Aliases are included.
[[nodiscard]] bool is_external_scope(std::string_view scope) noexcept;

// For GET auth/scopes (contract 5.4): sorted, without aliases.
const std::vector<std::string>& external_scope_names();

// The scopes of a create request (contract 1.2, rows 3a and 3b, and A6): `scopes` if there are any, else
// `scope`; aliases in their canonical form, duplicates removed, order kept. Empty when the request names
// neither: it inherits the creating key's (contract A3). Fault: the detail of the 400.
[[nodiscard]] checked<std::vector<std::string>> canonical_scopes(std::span<const std::string> scopes,
                                                                 std::string_view scope);

// The deprecated `scope` field of a key (contract 1.5): "application_connect", "all" or "".
[[nodiscard]] std::string_view legacy_scope_view(std::span<const std::string> scopes) noexcept;

// Whether a new key stays within the key that creates it (contract 1.3).
struct coverage {
    enum class outcome : std::uint8_t {
        covered,
        exceeds,      // a refusal: 403 (contract A3)
        undetermined, // a stored name is unknown: a fault of the server, not of the caller
    };

    outcome what = outcome::covered;
    std::string text; // the detail, empty when covered
};

// Every one of `child` within the union of `parent`; the text names the first that is not.
[[nodiscard]] coverage scopes_covered(std::span<const std::string> child,
                                      std::span<const std::string> parent);

} // namespace latchkey
