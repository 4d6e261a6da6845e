#include "storage/redis_mark_writing.hpp"

#include "storage/redis_layout.hpp"
#include "storage/redis_scripts.hpp"
#include "storage/run_together.hpp"

#include <boost/asio/redirect_error.hpp>

#include <algorithm>

namespace latchkey {
namespace {

// On their way to Redis at a time: whoever comes behind them waits some 100 us (./dev bench revoke; with 128
// of them its p99 was three times as long as with 16, with 32 it is the same). With 16, verifications from
// memory cost a hundredth more (./dev bench verify).
constexpr std::size_t uses_at_once = 32;
constexpr std::size_t sightings_at_once = 32;

constexpr std::chrono::milliseconds longest_pause_between_uses{5};

task<error_code> write_uses_of_a_tag(std::shared_ptr<redis_shard> here,
                                     std::shared_ptr<redis_marks> marks,
                                     std::vector<redis_marks::use> uses)
{
    redis_call recording{redis_scripts::record_uses};
    for (const auto& [id, when] : uses)
        recording.key(redis_layout::meta(id)).key(redis_layout::used(id));
    for (const auto& [id, when] : uses)
        recording.arg(redis_layout::microseconds_of(when));
    auto writing = here->client->run_script(std::move(recording), redis_effect::idempotent);
    result<redis_reply> answer = co_await std::move(writing);
    answer = here->note_write(std::move(answer));
    if (!answer) co_return answer.error();
    for (const redis_marks::use& written : uses)
        marks->settle(written);
    co_return error_code{};
}

} // namespace

task<error_code> write_uses(std::shared_ptr<redis_shard> here,
                            std::shared_ptr<redis_marks> marks,
                            std::vector<redis_marks::use> uses,
                            std::chrono::microseconds time)
{
    if (uses.empty()) co_return error_code{};
    const auto pause =
        std::min<std::chrono::microseconds>(longest_pause_between_uses, time * uses_at_once / uses.size());
    std::ranges::sort(uses, {}, [](const redis_marks::use& one) { return one.first.view(); });
    redis_shard::timer rest{here->where};
    error_code failure;
    for (auto begin = uses.begin(); begin != uses.end();) {
        const auto most = begin + std::min<std::ptrdiff_t>(uses_at_once, uses.end() - begin);
        std::vector<task<error_code>> writes;
        while (begin != most) {
            const std::string_view tag = redis_layout::tag_of(begin->first);
            const auto is_of_another = [&](const auto& one) {
                return redis_layout::tag_of(one.first) != tag;
            };
            const auto end = std::find_if(begin, most, is_of_another);
            writes.push_back(write_uses_of_a_tag(here, marks, {begin, end}));
            begin = end;
        }
        auto together = run_together(std::move(writes), uses_at_once);
        const std::vector<error_code> outcomes = co_await std::move(together);
        for (const error_code outcome : outcomes) {
            if (outcome) failure = outcome;
        }
        if (pause.count() == 0 || begin == uses.end()) continue;
        rest.expires_after(pause);
        error_code ignored; // nobody cancels it
        co_await rest.async_wait(asio::redirect_error(use_task, ignored));
    }
    co_return failure;
}

task<error_code> write_sightings(std::shared_ptr<redis_shard> here, std::shared_ptr<redis_marks> marks)
{
    const std::vector<redis_marks::sighting> seen = marks->sightings();
    for (std::size_t begin = 0; begin < seen.size(); begin += sightings_at_once) {
        const std::size_t end = std::min(seen.size(), begin + sightings_at_once);
        redis_call recording{redis_scripts::record_sightings};
        recording.key(redis_layout::user_records).key(redis_layout::seen);
        for (std::size_t index = begin; index < end; ++index)
            recording.arg(to_string(seen[index].first))
                .arg(redis_layout::microseconds_of(seen[index].second));
        auto writing = here->client->run_script(std::move(recording), redis_effect::idempotent);
        result<redis_reply> answer = co_await std::move(writing);
        answer = here->note_write(std::move(answer));
        if (!answer) co_return answer.error();
        for (std::size_t index = begin; index < end; ++index)
            marks->settle(seen[index]);
    }
    co_return error_code{};
}

} // namespace latchkey
