#include "storage/key_census.hpp"

#include "storage/memory_table.hpp"

#include <algorithm>

namespace latchkey {
namespace {

constexpr std::chrono::seconds shortest_count_pause{1};
constexpr std::chrono::seconds longest_count_pause{60};
constexpr int pauses_per_count = 200;

} // namespace

void key_counter::count_if_due(memory_table& table, time_point now)
{
    const auto began = std::chrono::steady_clock::now();
    if (began < next_) return;
    key_census counted = table.count_keys(now);
    const auto ended = std::chrono::steady_clock::now();
    counted.took = ended - began;
    next_ = ended + std::clamp<std::chrono::nanoseconds>(
                        pauses_per_count * counted.took, shortest_count_pause, longest_count_pause);
    const std::lock_guard hold{mutex_};
    latest_ = counted;
}

std::optional<key_census> key_counter::latest() const
{
    const std::lock_guard hold{mutex_};
    return latest_;
}

} // namespace latchkey
