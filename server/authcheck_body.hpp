// The body of POST /api/v2/authcheck (contract 8.5). Pure, any thread.
#pragma once

#include "auth/refusal.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

// One question: may the caller do `action` to the object? As sent; empty where it was left out.
struct rights_check {
    std::string name; // the caller's own, which the answer repeats
    std::string resource_type;
    std::string owner_id; // a UUID, or "me"
    std::string resource_id;
    std::string action;
};

// In the order sent; of two checks of one name the last counts. A refusal is the 400 of contract 4.3.
[[nodiscard]] outcome<std::vector<rights_check>> parse_authcheck(std::string_view body);

} // namespace latchkey
