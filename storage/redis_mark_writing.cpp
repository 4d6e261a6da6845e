#include "storage/redis_mark_writing.hpp"

#include "storage/redis_layout.hpp"
#include "storage/redis_scripts.hpp"
#include "storage/run_together.hpp"

#include <algorithm>

namespace latchkey {
namespace {

// How long a call keeps Redis from answering others: some 100 us.
constexpr std::size_t uses_a_call = 32;
constexpr std::size_t sightings_a_call = 64;
constexpr std::size_t calls_at_once = 4; // on their way to Redis

task<error_code> write_uses_of_a_tag(std::shared_ptr<redis_shard> here,
                                     std::shared_ptr<redis_marks> marks,
                                     std::vector<redis_marks::use> uses)
{
    redis_call recording{redis_scripts::record_uses};
    for (const auto& [id, when] : uses)
        recording.key(redis_layout::meta(id)).key(redis_layout::used(id));
    for (const auto& [id, when] : uses)
        recording.arg(when.time_since_epoch().count());
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
                            std::vector<redis_marks::use> uses)
{
    std::ranges::sort(uses, {}, [](const redis_marks::use& one) { return one.first.view(); });
    std::vector<task<error_code>> writes;
    for (auto begin = uses.begin(); begin != uses.end();) {
        const std::string_view tag = redis_layout::tag_of(begin->first);
        const auto most = begin + std::min<std::ptrdiff_t>(uses_a_call, uses.end() - begin);
        const auto is_of_another = [&](const auto& one) { return redis_layout::tag_of(one.first) != tag; };
        const auto end = std::find_if(begin, most, is_of_another);
        writes.push_back(write_uses_of_a_tag(here, marks, {begin, end}));
        begin = end;
    }
    auto together = run_together(std::move(writes), calls_at_once);
    const std::vector<error_code> outcomes = co_await std::move(together);
    const auto failure = std::ranges::find_if(outcomes, [](error_code one) { return bool{one}; });
    co_return failure == outcomes.end() ? error_code{} : *failure;
}

task<error_code> write_sightings(std::shared_ptr<redis_shard> here, std::shared_ptr<redis_marks> marks)
{
    const std::vector<redis_marks::sighting> seen = marks->sightings();
    for (std::size_t begin = 0; begin < seen.size(); begin += sightings_a_call) {
        const std::size_t end = std::min(seen.size(), begin + sightings_a_call);
        redis_call recording{redis_scripts::record_sightings};
        recording.key(redis_layout::user_records).key(redis_layout::seen);
        for (std::size_t index = begin; index < end; ++index)
            recording.arg(to_string(seen[index].first)).arg(seen[index].second.time_since_epoch().count());
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
