#include "server/store_opening.hpp"

#include "server/service_settings.hpp"
#include "storage/memory_store.hpp"
#include "storage/redis_connection_tls.hpp"
#include "storage/redis_store.hpp"
#include "storage/run_to_end.hpp"
#include "storage/sqlite_store.hpp"

#include <chrono>
#include <utility>

namespace latchkey {
namespace {

microseconds retention_of(const config& settings) noexcept
{
    return std::chrono::floor<microseconds>(settings.api_keys_retention);
}

} // namespace

open_result<redis_client_factory> redis_clients_for(const config& settings)
{
    redis_client_options options;
    options.replication.replicas = static_cast<unsigned>(settings.redis_wait_replicas);
    if (settings.store.redis.via == redis_address::transport::tls) {
        auto opened = open_redis_tls({.ca_file = settings.redis_tls_ca,
                                      .certificate_file = settings.redis_tls_certificate,
                                      .key_file = settings.redis_tls_key});
        if (!opened) return opened.error();
        options.tls = std::move(*opened);
    }
    return redis_clients_of(settings.store.redis, std::move(options));
}

open_result<std::unique_ptr<store>> open_store(const config& settings,
                                               const clock& now,
                                               asio::io_context& waiting,
                                               const logger& log,
                                               const std::optional<siphash_key>& id_tag_key)
{
    const microseconds retention = retention_of(settings);
    switch (settings.store.engine) {
    case store_engine::memory: break;
    case store_engine::sqlite: {
        auto opened =
            sqlite_store::open(settings.store.path, now, {.retention = retention, .id_tag_key = id_tag_key});
        if (!opened) return opened.error();
        return std::unique_ptr<store>{std::move(*opened)};
    }
    case store_engine::redis: {
        auto clients = redis_clients_for(settings);
        if (!clients) return clients.error();
        redis_store_options options{
            .retention = retention, .cache_lease = settings.cache_lease, .id_tag_key = id_tag_key};
        options.cache_bytes = settings.cache_size / shard_count(settings);
        auto opened = run_to_end(waiting, redis_store::open(std::move(*clients), now, options));
        if (!opened) return opened.error();
        for (const std::string& warning : (*opened)->warnings())
            log.warning(warning);
        return std::unique_ptr<store>{std::move(*opened)};
    }
    }
    return std::unique_ptr<store>{std::make_unique<memory_store>(now, retention)};
}

void close_store(store& opened, asio::io_context& waiting, const logger& log)
{
    if (auto* const durable = dynamic_cast<sqlite_store*>(&opened)) durable->close();
    if (auto* const shared = dynamic_cast<redis_store*>(&opened)) {
        if (const auto written = run_to_end(waiting, shared->close()); !written)
            log.warning("uses of tokens could not be written down", {{"error", written.error().message()}});
    }
}

} // namespace latchkey
