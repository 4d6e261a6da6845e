// Verifications in the audit trail, as --audit-verify says. Called from the hot path: it never waits. At
// most `per_second` entries leave a process; what comes on top is folded into the next entry, which says
// how many it stands for (design.md 6). One object serves all shards and outlives them.
#pragma once

#include "auth/rate_window.hpp"
#include "auth/verifier.hpp"
#include "storage/audit_log.hpp"
#include "storage/task.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey {

enum class verifications_recorded : std::uint8_t { none, denied, all };

// One verification that was answered. Views: copied before `record` returns.
struct verification_event {
    verdict what = verdict::unknown;
    unsigned status = 401;          // of the answer; an accepted key that lacks a right has 403
    const key_facts* key = nullptr; // where it is known; the stripe it lives in may still be held
    owner_view owner;               // of `key`
    uuid request_id{};
    std::string_view address;
    std::string_view user_agent;
    std::string_view trace_id; // as in request_origin
};

class verification_recorder {
public:
    verification_recorder(audit_log& log,
                          const clock& now,
                          verifications_recorded which,
                          std::uint32_t per_second = 100) noexcept;

    // For the hot path: one comparison, and nothing to do when it says no.
    bool wants(bool refused) const noexcept
    {
        return which_ == verifications_recorded::all || (refused && which_ == verifications_recorded::denied);
    }

    // Hands the entry to the log in a coroutine on `shard`. Out of memory, over the bound, or with too many
    // entries on their way: folded. Ask `wants` first.
    void record(executor shard, const verification_event& event) noexcept;

    // Before the end: writes an entry for those that were folded since the last one, and for those whose
    // entry was still on its way to the log when its shard stopped. Await it when no shard runs any more.
    task<result<void>> flush();

    // Folded, and not yet said in any entry.
    std::uint64_t folded() const noexcept { return folded_.load(std::memory_order_relaxed); }

private:
    task<result<void>> write(audit_entry entry, std::uint64_t folded);

    audit_log& log_;
    const clock& clock_;
    const verifications_recorded which_;
    rate_window room_; // of a second
    std::atomic<std::uint64_t> folded_{0};
    std::atomic<std::size_t> on_their_way_{0};
    std::atomic<std::uint64_t> posted_{0}; // with what they folded; not handed to the log yet
};

// "accepted", "unknown", "expired", ...: for audit entries and metrics.
std::string_view to_string(verdict what) noexcept;

} // namespace latchkey
