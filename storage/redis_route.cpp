#include "storage/redis_route.hpp"

#include <algorithm>

namespace latchkey {

redis_route_step redis_route::after(const result<redis_reply>& answer, const redis_address& asked)
{
    using enum redis_route_step::kind;
    if (!answer) {
        // Too much waits already, or the connection broke: then only what may be executed twice goes on.
        const bool may_repeat = effect_ != redis_effect::once && answer.error() == storage_errc::unavailable;
        if (!may_repeat || ++losses_ > most_losses) return {.what = give_up, .wants_map = true};
        return paused(true);
    }
    if (!answer->is_error()) return {};
    if (auto where = redirection_in(*answer, asked)) {
        if (++redirections_ > most_redirections) return {.what = give_up, .wants_map = true};
        const bool is_lasting = where->is_lasting;
        return {.what = is_lasting ? follow : ask, .where = std::move(*where), .wants_map = is_lasting};
    }
    // Some of the keys are here, some still there.
    if (answer->is_error("TRYAGAIN")) return paused(false);
    // Refused, and not executed: a primary was lost and is not replaced yet; or has come back, and still
    // reads its data, or has turned into a replica that does not know of it yet.
    if (answer->is_error("CLUSTERDOWN") || answer->is_error("LOADING") || answer->is_error("MASTERDOWN") ||
        answer->is_error("READONLY"))
        return paused(true);
    return {};
}

redis_route_step redis_route::paused(bool wants_map)
{
    const auto now = pause_;
    pause_ = std::min(2 * pause_, longest_pause);
    return {.what = redis_route_step::kind::pause, .pause = now, .wants_map = wants_map};
}

} // namespace latchkey
