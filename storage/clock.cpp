#include "storage/clock.hpp"

namespace latchkey {

time_point steady_wall_clock::now() const noexcept
{
    using std::chrono::duration_cast;
    const auto wall =
        duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    const auto monotonic =
        duration_cast<microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();

    const std::int64_t offset = wall - monotonic;
    std::int64_t greatest = greatest_offset_.load(std::memory_order_relaxed);
    while (offset > greatest &&
           !greatest_offset_.compare_exchange_weak(greatest, offset, std::memory_order_relaxed)) {
    }
    return time_point{microseconds{monotonic + (offset > greatest ? offset : greatest)}};
}

} // namespace latchkey
