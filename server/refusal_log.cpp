#include "server/refusal_log.hpp"

#include "storage/records.hpp"

namespace latchkey {

void refusal_log::note(std::string_view reason,
                       std::string_view route,
                       std::string_view address,
                       const boost::uuids::uuid& request_id) noexcept
{
    if (!room_.has_room(clock_.now())) {
        folded_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    const std::uint64_t folded = folded_.exchange(0, std::memory_order_relaxed);
    try {
        log_.warning("a credential was refused",
                     {{"reason", reason},
                      {"route", route},
                      {"address", address},
                      {"request_id", to_string(request_id)},
                      {"not_shown_before", folded}});
    } catch (...) { // out of memory: a line less, and none that was counted
        folded_.fetch_add(folded + 1, std::memory_order_relaxed);
    }
}

void refusal_log::flush() noexcept
{
    const std::uint64_t folded = folded_.exchange(0, std::memory_order_relaxed);
    if (folded != 0) log_.warning("credentials were refused", {{"not_shown_before", folded}});
}

} // namespace latchkey
