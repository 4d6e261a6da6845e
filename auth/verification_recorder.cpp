#include "auth/verification_recorder.hpp"

#include "auth/crypto.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <exception>

namespace latchkey {
namespace {

// A log that stands still must not collect entries without end.
constexpr std::size_t most_on_their_way = 512;

audit_entry entry_of(const verification_event& event, time_point now)
{
    audit_entry entry;
    entry.id = random_uuid();
    entry.time = now;
    entry.action = "verify";
    entry.resource_type = "api_key";
    entry.outcome = event.status < first_refusing_status ? "allowed" : "refused";
    entry.status = static_cast<int>(event.status);
    entry.request_id = event.request_id;
    entry.address = event.address;
    entry.user_agent = event.user_agent.substr(0, 256);
    const bool lacks_right = event.what == verdict::accepted && event.status >= first_refusing_status;
    entry.additional_fields["reason"] = lacks_right ? "missing_right" : to_string(event.what);
    if (!event.trace_id.empty()) entry.additional_fields["trace_id"] = event.trace_id;
    if (event.key == nullptr) return entry;

    entry.resource_id = event.owner.id;
    entry.resource_target = event.key->name.view();
    entry.additional_fields["key_id"] = event.key->id.view();
    if (event.what != verdict::accepted) return entry; // then nobody was proven
    entry.actor = event.owner.id;
    entry.actor_username = event.owner.username;
    entry.actor_key = event.key->id.view();
    return entry;
}

} // namespace

std::string_view to_string(verdict what) noexcept
{
    switch (what) {
    case verdict::accepted: return "accepted";
    case verdict::ask: return "ask";
    case verdict::malformed: return "malformed";
    case verdict::unknown: return "unknown";
    case verdict::wrong_secret: return "wrong_secret";
    case verdict::expired: return "expired";
    case verdict::owner_deleted: return "owner_deleted";
    case verdict::owner_suspended: return "owner_suspended";
    case verdict::unavailable: return "unavailable";
    }
    return "unknown";
}

verification_recorder::verification_recorder(audit_log& log,
                                             const clock& now,
                                             verifications_recorded which,
                                             std::uint32_t per_second) noexcept
    : log_{log},
      clock_{now},
      which_{which},
      room_{per_second}
{}

void verification_recorder::record(executor shard, const verification_event& event) noexcept
{
    const time_point now = clock_.now();
    const bool is_stuck = on_their_way_.load(std::memory_order_relaxed) >= most_on_their_way;
    if (is_stuck || !room_.has_room(now)) {
        folded_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    const std::uint64_t folded = folded_.exchange(0, std::memory_order_relaxed);
    on_their_way_.fetch_add(1, std::memory_order_relaxed);
    posted_.fetch_add(folded + 1, std::memory_order_relaxed);
    try {
        // Posted, not run here: the caller may hold a stripe of the table, and must not wait.
        auto writing = [this, entry = entry_of(event, now), folded]() mutable {
            return write(std::move(entry), folded);
        };
        auto done = [this](std::exception_ptr, result<void>) {
            on_their_way_.fetch_sub(1, std::memory_order_relaxed);
        };
        asio::co_spawn(shard, std::move(writing), std::move(done));
    } catch (...) { // out of memory
        on_their_way_.fetch_sub(1, std::memory_order_relaxed);
        posted_.fetch_sub(folded + 1, std::memory_order_relaxed);
        folded_.fetch_add(folded + 1, std::memory_order_relaxed);
    }
}

task<result<void>> verification_recorder::write(audit_entry entry, std::uint64_t folded)
{
    posted_.fetch_sub(folded + 1, std::memory_order_relaxed);
    if (folded != 0) entry.additional_fields["folded"] = folded;
    const result<void> written = co_await log_.append(std::move(entry));
    // Not lost: the next entry that can be written counts it as well.
    if (!written) folded_.fetch_add(folded + 1, std::memory_order_relaxed);
    co_return written;
}

task<result<void>> verification_recorder::flush()
{
    const std::uint64_t lost = posted_.exchange(0, std::memory_order_relaxed);
    const std::uint64_t folded = folded_.exchange(0, std::memory_order_relaxed) + lost;
    if (folded == 0) co_return result<void>{};
    posted_.fetch_add(folded, std::memory_order_relaxed);
    audit_entry entry;
    entry.id = random_uuid();
    entry.time = clock_.now();
    entry.action = "verify";
    entry.resource_type = "api_key";
    entry.outcome = "refused";
    // The entry itself stands for one of them.
    result<void> written = co_await write(std::move(entry), folded - 1);
    co_return written;
}

} // namespace latchkey
