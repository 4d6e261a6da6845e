// Which of its listeners a request came through.
#pragma once

#include <cstdint>

namespace latchkey {

enum class door : std::uint8_t {
    clients,   // --listen
    operators, // --admin-listen
};

} // namespace latchkey
