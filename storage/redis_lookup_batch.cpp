#include "storage/redis_lookup_batch.hpp"

#include "storage/redis_layout.hpp"
#include "storage/redis_records.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace latchkey {
namespace {

// Whoever waits for the first of them waits for the last; and Redis does nothing else meanwhile.
constexpr std::size_t keys_of_a_command = 32;

void take_living(key_reading& into,
                 std::string_view text,
                 std::string_view owners,
                 const key_id& id,
                 time_point now,
                 rights_cache& rights)
{
    into.found = storage_errc::not_found;
    auto kept = parse_key(id, text, rights);
    into.is_living = kept && kept->record.expires_at > now;
    if (!into.is_living) return;
    auto standing = find_standing(owners, kept->record.owner);
    if (standing) into.found = key_with_owner{std::move(kept->record), std::move(standing->owner)};
}

} // namespace

result<redis_reply> values_in(redis_shard& here, result<redis_reply> answer, std::size_t count)
{
    result<redis_reply> values = here.note_read(std::move(answer));
    const bool is_odd = values && values->items.size() != count;
    if (is_odd) return storage_errc::unavailable;
    return values;
}

// What `join` waits on.
class redis_lookup_batch::joining {
public:
    joining(std::shared_ptr<redis_shard> here, const question& asked) : here_{std::move(here)}, asked_{asked}
    {}

    // Lets go of the shard: the batch owns the waiting coroutine from now on, and thereby this object.
    void operator()(waiter who)
    {
        const auto here = std::exchange(here_, nullptr);
        open_on(here)->lookups_.push_back({asked_, std::move(who)});
    }

private:
    std::shared_ptr<redis_shard> here_;
    question asked_;
};

// Which words of the command are whose. Several owners may share a tag, and many keys an owner.
struct redis_lookup_batch::reading_plan {
    explicit reading_plan(const lookups& some)
    {
        for (const lookup& one : some)
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

task<void> redis_lookup_batch::join(std::shared_ptr<redis_shard> here,
                                    const key_id& id,
                                    time_point now,
                                    key_reading& into)
{
    joining starting{std::move(here), {.id = id, .now = now, .into = &into}};
    return asio::async_initiate<const asio::use_awaitable_t<executor>, void()>(std::move(starting), use_task);
}

std::shared_ptr<redis_lookup_batch> redis_lookup_batch::open_on(const std::shared_ptr<redis_shard>& here)
{
    if (auto open = here->lookups.lock()) return open;
    auto batch = std::make_shared<redis_lookup_batch>();
    here->lookups = batch;
    // Behind everything that is ready to run now: what it looks up joins the batch.
    asio::post(here->where, [here, batch] {
        here->lookups.reset();
        send(here, std::move(batch->lookups_));
    });
    return batch;
}

void redis_lookup_batch::send(const std::shared_ptr<redis_shard>& here, lookups all)
{
    for (lookups& some : one_for_each_command(std::move(all), here->client->keeps_order())) {
        auto reading = read(here, std::move(some));
        asio::co_spawn(here->where, std::move(reading), rethrow);
    }
}

std::vector<redis_lookup_batch::lookups> redis_lookup_batch::one_for_each_command(lookups all,
                                                                                  bool is_one_server)
{
    std::vector<lookups> commands;
    std::unordered_map<std::string_view, std::size_t> open; // by tag: the command that the next one joins
    for (lookup& one : all) {
        const std::string_view tag = is_one_server ? std::string_view{} : redis_layout::tag_of(one.asked.id);
        std::size_t& joined = open.try_emplace(tag, commands.size()).first->second;
        if (joined < commands.size() && commands[joined].size() == keys_of_a_command)
            joined = commands.size();
        if (joined == commands.size()) commands.emplace_back();
        commands[joined].push_back(std::move(one));
    }
    return commands;
}

task<void> redis_lookup_batch::read(std::shared_ptr<redis_shard> here, lookups some)
{
    reading_plan plan{some};
    auto asking = here->client->run_tracked(std::move(plan.command));
    tracked_reply answer = co_await std::move(asking);
    answer.reply = values_in(*here, std::move(answer.reply), some.size() + plan.tag_count);
    for (std::size_t index = 0; index < some.size(); ++index) {
        lookup& one = some[index];
        one.asked.into->lease = answer.lease;
        if (answer.reply) {
            const std::vector<redis_reply>& texts = answer.reply->items;
            take_living(*one.asked.into,
                        texts[index].text,
                        texts[plan.owners[index]].text,
                        one.asked.id,
                        one.asked.now,
                        here->rights);
        } else {
            one.asked.into->found = answer.reply.error();
        }
        std::move(one.who)();
    }
}

} // namespace latchkey
