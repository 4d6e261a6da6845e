#include "storage/redis_lookup_batch.hpp"

#include "storage/redis_layout.hpp"
#include "storage/redis_records.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace latchkey {
namespace {

using lookups = redis_turn_batch<redis_lookup>::questions;

// Whoever waits for the first of them waits for the last; and Redis does nothing else meanwhile.
constexpr std::size_t keys_of_a_command = 32;

// Which words of the command are whose. Several owners may share a tag, and many keys an owner.
struct reading_plan {
    explicit reading_plan(const lookups& some)
    {
        for (const auto& one : some)
            command.key(redis_layout::key(one.asked.id));
        for (std::size_t index = 0; index < some.size(); ++index) {
            const std::string_view tag = redis_layout::tag_of(some[index].asked.id);
            const auto end = tags.begin() + static_cast<std::ptrdiff_t>(tag_count);
            const auto known = std::find(tags.begin(), end, tag);
            owners[index] = some.size() + static_cast<std::size_t>(known - tags.begin());
            if (known != end) continue;
            tags[tag_count++] = tag;
            command.key(redis_layout::owners(tag));
        }
    }

    redis_command command{"MGET"};
    std::array<std::string_view, keys_of_a_command> tags;
    std::size_t tag_count = 0;
    std::array<std::size_t, keys_of_a_command> owners; // of a lookup: where their standing is in the reply
};

void take_living(const redis_lookup& asked,
                 std::string_view text,
                 std::string_view owners,
                 rights_cache& rights)
{
    key_reading& into = *asked.into;
    into.found = storage_errc::not_found;
    auto kept = parse_key(asked.id, text, rights);
    into.is_living = kept && kept->record.expires_at > asked.now;
    if (!into.is_living) return;
    auto standing = find_standing(owners, kept->record.owner);
    if (standing) into.found = key_with_owner{std::move(kept->record), std::move(standing->owner)};
}

task<void> read_keys(std::shared_ptr<redis_shard> here, lookups some)
{
    reading_plan plan{some};
    auto asking = here->client->run_tracked(std::move(plan.command));
    tracked_reply answer = co_await std::move(asking);
    answer.reply = values_in(*here, std::move(answer.reply), some.size() + plan.tag_count);
    for (std::size_t index = 0; index < some.size(); ++index) {
        const redis_lookup& asked = some[index].asked;
        asked.into->lease = answer.lease;
        if (answer.reply) {
            const std::vector<redis_reply>& texts = answer.reply->items;
            take_living(asked, texts[index].text, texts[plan.owners[index]].text, here->rights);
        } else {
            asked.into->found = answer.reply.error();
        }
        std::move(some[index].who)();
    }
}

} // namespace

result<redis_reply> values_in(redis_shard& here, result<redis_reply> answer, std::size_t count)
{
    result<redis_reply> values = here.note_read(std::move(answer));
    const bool is_odd = values && values->items.size() != count;
    if (is_odd) return storage_errc::unavailable;
    return values;
}

void redis_lookup::send(const std::shared_ptr<redis_shard>& here, lookups all)
{
    const bool is_one_server = here->client->keeps_order();
    const auto tag_read = [&](const redis_lookup& one) {
        return is_one_server ? std::string_view{} : redis_layout::tag_of(one.id);
    };
    for (lookups& some : in_parts(std::move(all), keys_of_a_command, tag_read)) {
        auto reading = read_keys(here, std::move(some));
        asio::co_spawn(here->where, std::move(reading), rethrow);
    }
}

} // namespace latchkey
