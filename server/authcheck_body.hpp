// The body of POST authcheck (contract 8.5): questions of a client about what it may do. Pure, any thread.
#pragma once

#include "auth/refusal.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

struct rights_check {
    std::string name; // the client's, comes back with the answer
    std::string resource_type;
    std::string owner_id; // a UUID, "me", or empty
    std::string resource_id;
    std::string action;
};

// Sorted by name, as Go prints a map; a name that comes twice counts once, the last time. Field names
// without case, unknown ones ignored, null as absent. A refusal is the 400 of contract 4.3.
[[nodiscard]] outcome<std::vector<rights_check>> parse_authcheck(std::string_view body);

} // namespace latchkey
