// How long a test waits for what must come. Only a test that fails waits so long: it is far beyond what a
// busy machine takes, whose disk may stand still for half a minute.
#pragma once

#include <chrono>
#include <thread>

namespace latchkey::test {

inline constexpr std::chrono::seconds patience{120};

// Whether it becomes true in time. Asks at once, and again after each pause.
template <class Condition>
bool becomes_true(Condition is_so, std::chrono::milliseconds pause = std::chrono::milliseconds{2})
{
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!is_so()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(pause);
    }
    return true;
}

} // namespace latchkey::test
