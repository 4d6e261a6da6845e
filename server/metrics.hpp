// The figures of the whole process, for GET /metrics. What happens on the request path is counted by each
// shard for itself; everything else is asked of its owner when somebody scrapes. No label or value is a
// name, an id or a secret. Owned by the application, which outlives the shards.
#pragma once

#include "server/exposition.hpp"
#include "server/shard_metrics.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace latchkey {

struct audit_health;
struct cache_figures;
struct canary_figures;
struct store_health;

class metrics {
public:
    explicit metrics(std::size_t shards);

    // Of shard `index`, on whose thread alone it is written.
    shard_metrics& of_shard(std::size_t index) noexcept { return shards_[index]; }

    // Writes families that no other source writes. Called on the threads of shards, also on several at once.
    using source = std::function<void(exposition& out)>;

    // Before the first scrape.
    void add_source(source write) { sources_.push_back(std::move(write)); }

    struct sums {
        std::array<std::uint64_t, verification_outcome_names.size()> verifications{};
        std::uint64_t connections_open = 0;
    };
    // Of all shards, since the start.
    sums totals() const noexcept;

    // Everything, as exposition::content_type says.
    std::string text() const;

private:
    void write_shards(exposition& out) const;
    void write_requests(exposition& out) const;

    const std::size_t count_;
    const std::unique_ptr<shard_metrics[]> shards_;
    const double started_at_; // seconds since 1970
    std::vector<source> sources_;
};

void write_metrics(exposition& out, const store_health& records);
void write_metrics(exposition& out, const audit_health& audit);
void write_metrics(exposition& out, const cache_figures& cache);
void write_metrics(exposition& out, const canary_figures& canary);

} // namespace latchkey
