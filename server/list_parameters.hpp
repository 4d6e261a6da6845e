// The parameters of a list behind the '?' of its path, decoded as Go's handlers do it: what is absent or
// empty has its default, what does not parse is collected and refused together (contract 7.2, 8.4).
#pragma once

#include "auth/refusal.hpp"
#include "storage/records.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

class list_parameters {
public:
    explicit list_parameters(std::string_view query) noexcept : query_{query} {}

    std::string text(std::string_view name) const;

    // Go's ParseBool; anything it cannot read is false, without an error (contract 1.6).
    bool flag(std::string_view name) const;

    // 0 when absent; up to 2^31 - 1.
    std::size_t count(std::string_view name);
    std::optional<uuid> id(std::string_view name);
    std::optional<key_id> key(std::string_view name);

    // 400 `Query parameters have invalid values.` with a validation for each; nothing when all were good.
    std::optional<refusal> refused() const;

private:
    void fault(std::string_view name, std::string_view expected);

    std::string_view query_;
    std::vector<field_fault> faults_;
};

} // namespace latchkey
