#include "storage/write_waiter.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace latchkey {

void completions::add(std::unique_ptr<write_waiter> waiter, error_code verdict)
{
    const executor home = waiter->home();
    const auto lives_there = [&](const group& one) { return one.home.get_executor() == home; };
    auto at = std::find_if(groups_.begin(), groups_.end(), lives_there);
    if (at == groups_.end()) {
        groups_.push_back({asio::make_work_guard(home), {}});
        at = groups_.end() - 1;
    }
    at->completed.push_back({std::move(waiter), verdict});
}

void completions::post()
{
    for (group& one : groups_) {
        auto complete_all = [completed = std::move(one.completed)] {
            for (const completion& each : completed)
                each.waiter->complete({each.verdict});
        };
        asio::post(one.home.get_executor(), std::move(complete_all));
    }
    groups_.clear();
}

} // namespace latchkey
