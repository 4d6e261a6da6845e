// How long a test waits for what must come. Only a test that fails waits so long: it is far beyond what a
// busy machine takes, whose disk may stand still for half a minute.
#pragma once

#include <chrono>

namespace latchkey::test {

inline constexpr std::chrono::seconds patience{120};

} // namespace latchkey::test
