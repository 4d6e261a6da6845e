#include "storage/cache_seats.hpp"

#include <utility>
#include <vector>

namespace latchkey {
namespace {

struct seat {
    std::uint64_t store = 0;
    key_cache* cache = nullptr;
};

// The one that was used last, without the detour that a thread's object with a destructor takes. Its address
// is the thread's name.
constinit thread_local seat last_seat;

// The thread is at its end: a store that is closed by a destructor of a static object comes after the
// thread's own objects, and does without a seat.
constinit thread_local bool is_at_end = false;

bool is_mine(const key_cache& cache) noexcept
{
    return cache.seat.load(std::memory_order_relaxed) == &last_seat;
}

// All of this thread.
struct seats {
    std::vector<std::pair<std::uint64_t, std::shared_ptr<key_cache>>> taken;

    seats() = default;
    seats(const seats&) = delete;
    seats& operator=(const seats&) = delete;
    ~seats()
    {
        is_at_end = true;
        last_seat = {};
        for (const auto& [store, cache] : taken)
            leave(*cache);
    }

    static void leave(key_cache& cache) noexcept
    {
        if (!is_mine(cache)) return; // another thread runs the context now
        cache.hand_over_uses();
        cache.seat.store(nullptr, std::memory_order_release);
    }
};

thread_local seats all_seats;

} // namespace

void take_seat(std::uint64_t store, const std::shared_ptr<key_cache>& cache)
{
    if (is_at_end) return;
    if (last_seat.store == store && last_seat.cache == cache.get() && is_mine(*cache)) return;
    auto& taken = all_seats.taken;
    std::erase_if(taken, [&](const auto& one) {
        if (one.first == store && one.second != cache) seats::leave(*one.second);
        // Nobody else has it any more: its store or its context is gone.
        return one.first == store || one.second.use_count() == 1;
    });
    taken.emplace_back(store, cache);
    cache->seat.store(&last_seat, std::memory_order_relaxed);
    last_seat = {store, cache.get()};
}

key_cache* seat_of_thread(std::uint64_t store) noexcept
{
    if (last_seat.store != store) {
        if (is_at_end) return nullptr;
        for (const auto& [other, cache] : all_seats.taken) {
            if (other == store) last_seat = {store, cache.get()};
        }
    }
    const bool has_one = last_seat.store == store && is_mine(*last_seat.cache);
    return has_one ? last_seat.cache : nullptr;
}

} // namespace latchkey
