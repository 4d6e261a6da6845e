// How long to wait before the next try at reaching a Redis server: at random between nothing and a bound that
// doubles, so that many servers that lost it at once do not come back in step. One for each thing tried.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace latchkey {

class redis_backoff {
public:
    using milliseconds = std::chrono::milliseconds;

    redis_backoff(milliseconds first, milliseconds longest) : first_{first}, longest_{longest}, bound_{first}
    {}

    milliseconds next()
    {
        std::uniform_int_distribution<milliseconds::rep> pause{0, bound_.count()};
        bound_ = std::min(2 * bound_, longest_);
        return milliseconds{pause(dice_)};
    }

    // After a success.
    void reset() noexcept { bound_ = first_; }

private:
    milliseconds first_;
    milliseconds longest_;
    milliseconds bound_;
    std::minstd_rand dice_{std::random_device{}()};
};

} // namespace latchkey
