#include "storage/stripe_lock.hpp"
#include "tests/support/catch.hpp"

#include <mutex>
#include <thread>
#include <vector>

namespace latchkey::test {

TEST_CASE("A stripe lock lets one thread in at a time, and shows it what the one before did")
{
    constexpr int rounds = 50'000;
    stripe_lock lock;
    int guarded = 0;
    const auto count = [&] {
        for (int round = 0; round < rounds; ++round) {
            const std::lock_guard hold{lock};
            ++guarded;
        }
    };
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back(count);
    for (std::thread& thread : threads)
        thread.join();
    CHECK(guarded == 4 * rounds);
}

TEST_CASE("A stripe lock that is held cannot be taken")
{
    stripe_lock lock;
    const std::lock_guard hold{lock};
    CHECK_FALSE(lock.try_lock());
}

} // namespace latchkey::test
