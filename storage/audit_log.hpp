// The audit trail: what an entry holds, and what may be asked of the log (contract section 7).
#pragma once

#include "storage/error.hpp"
#include "storage/records.hpp"
#include "storage/task.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

// One line of the log. Holds no secret and no hash of one: whoever builds it puts in only listed fields.
struct audit_entry {
    uuid id{}; // of the entry itself
    time_point time;
    std::optional<uuid> actor; // the principal's user; nothing where nobody was proven
    std::string actor_username;
    std::string actor_email;
    std::string actor_key;           // id of the key that proved the principal, empty without
    std::string action;              // create, write, delete, login, logout, register, read, verify
    std::string resource_type;       // api_key, user, audit_log
    std::optional<uuid> resource_id; // for keys the owner's id (contract 7.1)
    std::string resource_target;     // token name, username
    std::string outcome;             // allowed, refused, failed
    int status = 0;                  // the HTTP status sent
    uuid request_id{};
    std::string address;    // textual IP address
    std::string user_agent; // cut to 256 bytes, control characters replaced
    std::string diff;       // JSON: {"field":{"old":..,"new":..,"secret":bool},..}; empty: nothing changed
    boost::json::object additional_fields;
};

// Whether the act that the entry describes is done in the store when it is appended. What was refused or has
// failed is told at once, and of a verification that was allowed nothing else goes to the store.
inline bool is_followed_by_its_act(const audit_entry& entry) noexcept
{
    return entry.outcome == "allowed" && entry.action != "verify";
}

struct audit_query {
    std::optional<uuid> request_id{};
    std::optional<uuid> resource_id{};
    std::optional<std::string> resource_target{}; // whole, without ASCII case
    std::optional<std::string> resource_type{};
    std::optional<std::string> action{};
    std::optional<std::string> username{}; // the actor's, without ASCII case
    std::optional<std::string> email{};    // the actor's, without ASCII case
    std::optional<time_point> from{};      // inclusive
    std::optional<time_point> to{};        // inclusive
    std::size_t limit = 100;
    std::size_t offset = 0;
    std::optional<uuid> after_id{}; // entries older than the one with this id
};

struct audit_page {
    std::vector<audit_entry> entries; // newest first
    std::size_t count = 0;            // matches in all, counted up to count_cap
};

inline constexpr std::size_t audit_count_cap = 2000;

struct audit_health {
    bool can_write = true;
    std::string problem; // one line for /readyz
    std::uint64_t entries = 0;
    std::size_t queued = 0;
};

// One object serves all shards.
class audit_log {
public:
    virtual ~audit_log() = default;

    // Completes when the entry is as durable as the sync policy promises; if the act that it describes
    // follows in the store, when it will be so no later than the act. unavailable: it could not be written;
    // overloaded: the queue is full and the policy is `refuse`. Either way the caller must not do what the
    // entry describes.
    virtual task<result<void>> append(audit_entry entry) = 0;

    // unavailable, overloaded.
    virtual task<result<audit_page>> search(audit_query query) = 0;

    virtual audit_health health() const = 0;
};

} // namespace latchkey
