// The way of one command through a Cluster: what to do after each answer. Decides only, and knows no socket
// and no clock; whoever sends the command does what it says. One for each command.
#pragma once

#include "storage/error.hpp"
#include "storage/redis_command.hpp"
#include "storage/redis_slots.hpp"

#include <chrono>

namespace latchkey {

struct redis_route_step {
    enum class kind {
        finish,  // the answer is the command's
        follow,  // MOVED: the map is wrong; send it to `to`
        ask,     // ASK: send it to `to`, behind ASKING; the map stays as it is
        pause,   // wait, then send it to whoever the map then names
        give_up, // unavailable
    };

    kind what = kind::finish;
    redis_redirection where{};          // follow, ask
    std::chrono::milliseconds pause{0}; // pause
    bool wants_map = false;             // the map is to be read again
};

class redis_route {
public:
    explicit redis_route(redis_effect effect) : effect_{effect} {}

    // `asked` has given `answer`; unavailable: it may have been executed.
    redis_route_step after(const result<redis_reply>& answer, const redis_address& asked);

private:
    static constexpr int most_redirections = 16;
    static constexpr int most_losses = 6;
    static constexpr std::chrono::milliseconds first_pause{5};
    static constexpr std::chrono::milliseconds longest_pause{80};

    redis_route_step paused(bool wants_map);

    redis_effect effect_;
    int redirections_ = 0;
    int losses_ = 0;
    std::chrono::milliseconds pause_ = first_pause;
};

} // namespace latchkey
