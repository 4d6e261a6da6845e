// How soon a lookup will come that a store is told of. It waits for memory twice, and only what lies at the
// first place says where the second is: so a lookup that is far enough away is announced twice. With many
// tokens at once it saves a tenth of a verification (./dev bench verify, 16 in flight).
#pragma once

#include <cstdint>

namespace latchkey {

enum class lookup_comes : std::uint8_t {
    later, // have fetched where the search will begin
    next,  // and the key itself, by what has been fetched there
};

} // namespace latchkey
