#include "storage/clock.hpp"

namespace latchkey {
namespace {

template <class Duration>
std::int64_t in_microseconds(Duration since_epoch) noexcept
{
    return std::chrono::duration_cast<microseconds>(since_epoch).count();
}

} // namespace

time_point steady_wall_clock::now() const noexcept
{
    const std::int64_t monotonic = in_microseconds(turn_time::now().time_since_epoch());
    const std::int64_t looked_up_at = looked_up_at_.load(std::memory_order_acquire);
    const bool is_recent = looked_up_at != INT64_MIN && monotonic - looked_up_at < offset_age;
    const std::int64_t offset =
        is_recent ? greatest_offset_.load(std::memory_order_relaxed) : look_up_offset(monotonic);
    return time_point{microseconds{monotonic + offset}};
}

std::int64_t steady_wall_clock::look_up_offset(std::int64_t monotonic) const noexcept
{
    const std::int64_t wall = in_microseconds(std::chrono::system_clock::now().time_since_epoch());
    const std::int64_t offset = wall - monotonic;
    std::int64_t greatest = greatest_offset_.load(std::memory_order_relaxed);
    while (offset > greatest &&
           !greatest_offset_.compare_exchange_weak(greatest, offset, std::memory_order_relaxed)) {
    }
    looked_up_at_.store(monotonic, std::memory_order_release); // the offset is there for whoever sees this
    return offset > greatest ? offset : greatest;
}

} // namespace latchkey
