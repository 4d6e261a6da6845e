// The rights that the query of a verification demands: ?scope=NAME and ?allow=TYPE:ID, each as often as
// needed (design.md 7). Checked against the key's record on every hit, never remembered (security.md 4).
// Allocates nothing. Any thread.
#pragma once

#include "storage/records.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace latchkey {

// The first demand that a key does not meet.
class missing_right {
public:
    enum class kind { scope, object };
    static constexpr std::size_t max_name_length = 64;

    missing_right(kind what, std::string_view name) noexcept;

    kind what() const noexcept { return what_; }

    // As demanded, fit for a header: what no scope can hold is replaced (RFC 6749 3.3), and cut to
    // max_name_length.
    std::string_view name() const noexcept { return {name_.data(), size_}; }

private:
    kind what_;
    std::size_t size_;
    std::array<char, max_name_length> name_;
};

// Nothing when everything is met. A scope covers what its permissions cover. Whatever is demanded and not
// understood is missing: an unknown scope, an entry without a type, a bad escape.
[[nodiscard]] std::optional<missing_right> find_missing_right(std::string_view query, const key_rights& held);

} // namespace latchkey
