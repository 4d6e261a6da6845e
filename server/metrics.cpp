#include "server/metrics.hpp"

#include "auth/revocation_canary.hpp"
#include "server/process_figures.hpp"
#include "storage/audit_log.hpp"
#include "storage/cache_figures.hpp"
#include "storage/store.hpp"

#include <chrono>

namespace latchkey {
namespace {

using enum metric_kind;

double seconds_since_epoch()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::uint64_t number_of(bool is_true) noexcept
{
    return is_true ? 1 : 0;
}

} // namespace

metrics::metrics(std::size_t shards)
    : count_{shards},
      shards_{std::make_unique<shard_metrics[]>(shards)},
      started_at_{seconds_since_epoch()}
{}

std::string metrics::text() const
{
    std::string all;
    exposition out{all};
    out.family("latchkey_build_info", gauge, "1, labelled with the version that runs.")
        .sample("version", LATCHKEY_VERSION, 1);
    out.only("process_start_time_seconds", gauge, "When the process started, since 1970.", started_at_);
    write_process_metrics(out);
    write_shards(out);
    for (const source& write : sources_)
        write(out);
    return all;
}

metrics::sums metrics::totals() const noexcept
{
    sums all;
    for (std::size_t index = 0; index < count_; ++index) {
        const shard_metrics& one = shards_[index];
        for (std::size_t outcome = 0; outcome < all.verifications.size(); ++outcome)
            all.verifications[outcome] += one.verifications[outcome].value();
        all.connections_open += one.connections_open.value();
    }
    return all;
}

void metrics::write_shards(exposition& out) const
{
    const auto sum_of = [this](auto figure) {
        std::uint64_t sum = 0;
        for (std::size_t index = 0; index < count_; ++index)
            sum += figure(shards_[index]).value();
        return sum;
    };

    out.family("latchkey_verifications_total",
               counter,
               "Answers of /verify, and tokens of batches, by what was said.");
    for (std::size_t outcome = 0; outcome < verification_outcome_names.size(); ++outcome) {
        const auto number = sum_of([outcome](const shard_metrics& one) -> const shard_figure& {
            return one.verifications[outcome];
        });
        out.sample("outcome", verification_outcome_names[outcome], number);
    }

    const auto connections_of = [&](shard_figure shard_metrics::*figure) {
        return sum_of([figure](const shard_metrics& one) -> const shard_figure& { return one.*figure; });
    };
    out.only("latchkey_connections_open",
             gauge,
             "Connections that are open now.",
             connections_of(&shard_metrics::connections_open));
    out.only("latchkey_connections_accepted_total",
             counter,
             "Connections that were accepted.",
             connections_of(&shard_metrics::connections_accepted));
    out.only("latchkey_connections_refused_total",
             counter,
             "Connections that were answered 503 and closed, because too many were open.",
             connections_of(&shard_metrics::connections_refused));
    out.only("latchkey_buffered_bytes",
             gauge,
             "Memory for bodies that are not whole yet and answers that are not read (--buffer-memory).",
             connections_of(&shard_metrics::buffered_bytes));
    out.only(
        "latchkey_buffers_refused_total",
        counter,
        "Bodies answered 503, and connections with unread answers closed, because --buffer-memory was full.",
        connections_of(&shard_metrics::buffers_refused));
    out.family(
        "latchkey_logins_total",
        counter,
        "Logins with address and password, by what was said; those beyond the rate limit are not looked at.");
    for (std::size_t outcome = 0; outcome < login_outcome_names.size(); ++outcome) {
        const auto number = sum_of(
            [outcome](const shard_metrics& one) -> const shard_figure& { return one.logins[outcome]; });
        out.sample("outcome", login_outcome_names[outcome], number);
    }
    write_requests(out);
}

void metrics::write_requests(exposition& out) const
{
    latency_figures::sum asked;
    std::vector<const request_figures*> requests;
    for (std::size_t index = 0; index < count_; ++index) {
        asked.add(shards_[index].asked_verifications);
        requests.push_back(&shards_[index].requests);
    }
    out.family("latchkey_verification_ask_duration_seconds",
               histogram,
               "Of /verify where memory did not know the token: from asking the store to the answer.")
        .buckets(latency_figures::bounds(), asked.at_most, asked.count, asked.seconds);
    request_figures::write(out, requests);
}

void write_metrics(exposition& out, const store_health& records)
{
    out.only("latchkey_store_readable",
             gauge,
             "1 while the store can be asked, else 0.",
             number_of(records.can_read));
    out.only("latchkey_store_writable",
             gauge,
             "1 while the store can be written, else 0.",
             number_of(records.can_write));
}

void write_metrics(exposition& out, const audit_health& audit)
{
    out.only("latchkey_audit_writable",
             gauge,
             "1 while the audit log can be written, else 0.",
             number_of(audit.can_write));
    out.only("latchkey_audit_entries_total",
             counter,
             "Entries ever written to the audit log: the sequence number of the last.",
             audit.entries);
    out.only("latchkey_audit_queued",
             gauge,
             "Audit entries that wait to be written.",
             std::uint64_t{audit.queued});
}

void write_metrics(exposition& out, const cache_figures& cache)
{
    out.family("latchkey_cache_lookups_total",
               counter,
               "Keys looked for in the caches in front of Redis; miss: Redis had to be asked.")
        .sample("result", "hit", cache.hits)
        .sample("result", "miss", cache.misses);
    out.only("latchkey_cache_invalidations_total",
             counter,
             "Changes that Redis told of, one for each of its keys.",
             cache.invalidations);
    out.only("latchkey_cache_lease_losses_total",
             counter,
             "How often a lease ran out or was lost with its connection, so that Redis had to be asked.",
             cache.lease_losses);
    out.only("latchkey_cache_entries", gauge, "Entries in the caches, of absent keys too.", cache.entries);
    out.only("latchkey_cache_bytes", gauge, "Memory of the caches' entries.", cache.bytes);
}

void write_metrics(exposition& out, const canary_figures& canary)
{
    out.family("latchkey_revocation_canary_runs_total",
               counter,
               "Tokens of the server's own that were made, used and revoked; failed: nothing was measured.")
        .sample("result", "completed", canary.completed)
        .sample("result", "failed", canary.failed);
    out.only("latchkey_revocation_bound_exceeded_total",
             counter,
             "Runs in which a revoked token was accepted longer than --cache-lease allows.",
             canary.exceeded);
    out.family("latchkey_revocation_delay_seconds",
               histogram,
               "From before a revocation is sent until no thread of this process accepts the token.")
        .buckets(canary_figures::bounds, canary.at_most, canary.completed, canary.sum.count());
    if (canary.completed == 0) return;
    out.only(
        "latchkey_revocation_delay_last_seconds", gauge, "The same, of the last run.", canary.last.count());
    out.only("latchkey_revocation_delay_longest_seconds",
             gauge,
             "The same, of the slowest run since the start.",
             canary.longest.count());
}

} // namespace latchkey
