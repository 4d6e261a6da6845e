#include "server/health_watch.hpp"

#include "storage/audit_log.hpp"
#include "storage/named_thread.hpp"
#include "storage/store.hpp"

#include <exception>
#include <utility>

namespace latchkey {

health_watch::health_watch(std::vector<watched> all, const logger& log, std::chrono::milliseconds interval)
    : all_{std::move(all)},
      log_{log},
      interval_{interval},
      told_(all_.size()),
      thread_{named_thread("health watch", [this] { run(); })}
{}

health_watch::~health_watch()
{
    {
        const std::lock_guard lock{mutex_};
        should_stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void health_watch::run()
{
    while (true) {
        for (std::size_t which = 0; which < all_.size(); ++which)
            look_at(which);
        std::unique_lock lock{mutex_};
        if (wake_.wait_for(lock, interval_, [this] { return should_stop_; })) return;
    }
}

// Changes of the words alone are none: they may hold a number that moves.
void health_watch::look_at(std::size_t which)
{
    try {
        state now = all_[which].look();
        state& told = told_[which];
        const bool is_same = now.works == told.works && now.problem.empty() == told.problem.empty();
        if (is_same) return;
        const std::string& name = all_[which].name;
        if (!now.works) {
            log_.error(name + " does not work", {{"problem", now.problem}});
        } else if (!now.problem.empty()) {
            log_.warning(name + " has a problem", {{"problem", now.problem}});
        } else {
            log_.info(name + " works again");
        }
        told = std::move(now);
    } catch (const std::exception&) { // out of memory: the next round says it
        return;
    }
}

std::vector<health_watch::watched> health_of(const store& records, const audit_log& audit)
{
    const auto of_store = [&records] {
        store_health seen = records.health();
        return health_watch::state{seen.can_read && seen.can_write, std::move(seen.problem)};
    };
    const auto of_audit = [&audit] {
        audit_health seen = audit.health();
        return health_watch::state{seen.can_write, std::move(seen.problem)};
    };
    return {{"the store", of_store}, {"the audit log", of_audit}};
}

} // namespace latchkey
