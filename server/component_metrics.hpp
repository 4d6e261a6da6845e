// The figures of what the application is made of: asked of each part when somebody scrapes, on the thread of
// a shard, so nothing here may take long.
#pragma once

#include <cstddef>
#include <string_view>

namespace latchkey {

class audit_log;
class exposition;
class store;
class worker_pool;

struct measured_components {
    const store& records;
    std::string_view engine; // memory, sqlite or redis
    const audit_log& audit;
    const worker_pool& password_workers;
    const worker_pool& audit_readers;
    std::size_t shards = 0;
    std::size_t connection_limit = 0;
};

void write_metrics(exposition& out, const measured_components& all);

} // namespace latchkey
