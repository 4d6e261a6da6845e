#include "server/component_metrics.hpp"

#include "server/metrics.hpp"
#include "storage/audit_log.hpp"
#include "storage/redis_store.hpp"
#include "storage/store.hpp"
#include "storage/worker_pool.hpp"

#include <array>
#include <utility>

namespace latchkey {
namespace {

using enum metric_kind;

constexpr std::array<std::string_view, key_state_count> state_names{"active", "suspended", "expired"};

void write_census(exposition& out, const key_census& keys)
{
    out.family("latchkey_keys",
               gauge,
               "Keys by kind and state, as counted lately in the background; suspended: their user is.");
    for (std::size_t state = 0; state < key_state_count; ++state) {
        out.sample({{"kind", "token"}, {"state", state_names[state]}}, keys.tokens[state]);
        out.sample({{"kind", "session"}, {"state", state_names[state]}}, keys.sessions[state]);
    }
    out.only("latchkey_tokens_expiring_soon",
             gauge,
             "Active named tokens that expire within 7 days.",
             keys.ending_tokens);
    out.only("latchkey_keys_count_duration_seconds",
             gauge,
             "How long the last counting took, on a thread of its own.",
             std::chrono::duration<double>(keys.took).count());
}

void write_workers(exposition& out, const measured_components& all)
{
    const std::pair<std::string_view, worker_figures> pools[] = {
        {"password", all.password_workers.figures()},
        {"audit_search", all.audit_readers.figures()},
    };
    out.family("latchkey_worker_threads", gauge, "Threads for what takes long, by pool.");
    for (const auto& [name, pool] : pools)
        out.sample("pool", name, std::uint64_t{pool.threads});
    out.family("latchkey_worker_threads_busy", gauge, "Those that work now.");
    for (const auto& [name, pool] : pools)
        out.sample("pool", name, std::uint64_t{pool.busy});
    out.family("latchkey_worker_calls_waiting", gauge, "Calls that wait for a thread.");
    for (const auto& [name, pool] : pools)
        out.sample("pool", name, std::uint64_t{pool.waiting});
    out.family("latchkey_worker_calls_completed_total", counter, "Calls that were done.");
    for (const auto& [name, pool] : pools)
        out.sample("pool", name, pool.completed);
    out.family("latchkey_worker_calls_refused_total", counter, "Calls refused because too many waited: 429.");
    for (const auto& [name, pool] : pools)
        out.sample("pool", name, pool.refused);
}

} // namespace

void write_metrics(exposition& out, const measured_components& all)
{
    out.only("latchkey_shards", gauge, "Threads that serve connections.", std::uint64_t{all.shards});
    out.only("latchkey_connections_limit",
             gauge,
             "Connections that may be open at a time.",
             std::uint64_t{all.connection_limit});
    out.family("latchkey_store_info", gauge, "1, labelled with the store's engine.")
        .sample("engine", all.engine, 1);
    write_metrics(out, all.records.health());
    write_metrics(out, all.audit.health());
    if (const auto keys = all.records.census()) write_census(out, *keys);
    write_workers(out, all);
    if (const auto* const cached = dynamic_cast<const redis_store*>(&all.records))
        write_metrics(out, cached->figures());
}

} // namespace latchkey
