#include "storage/redis_insertion_batch.hpp"

#include "storage/hex_text.hpp"
#include "storage/redis_layout.hpp"
#include "storage/redis_scripts.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace latchkey {
namespace {

using insertions = redis_turn_batch<redis_insertion>::questions;

// Redis does nothing else while it makes them, some 20 us each.
constexpr std::size_t keys_of_a_run = 16;

bool has_name(const key_record& key)
{
    return key.login == login_type::token;
}

redis_call call_making(const insertions& some)
{
    const redis_insertion& first = some.front().asked;
    const uuid& owner = first.made->record.owner;
    const std::string_view tag = redis_layout::tag_of(first.made->record.id);
    const bool are_tokens = has_name(first.made->record);
    redis_call call{redis_scripts::insert_keys};
    call.key(redis_layout::owners(tag)).key(redis_layout::keys(tag, owner));
    if (*first.creator) call.key(redis_layout::key(**first.creator));
    time_point last_end;
    for (const auto& one : some) {
        const key_record& key = one.asked.made->record;
        call.key(redis_layout::key(key.id)).key(redis_layout::meta(key.id));
        call.key(redis_layout::used(key.id)).key(redis_layout::gone(key.id));
        if (are_tokens) call.key(redis_layout::name(tag, owner, key.name));
        last_end = std::max(last_end, one.asked.made->gone_at);
    }
    call.arg(to_string(owner)).arg(redis_layout::microseconds_of(first.now)).arg(are_tokens ? "1" : "0");
    call.arg(*first.creator ? "1" : "0").arg(redis_layout::milliseconds_of(last_end));
    for (const auto& one : some) {
        const kept_key& kept = *one.asked.made;
        call.arg(to_hex(kept.record.secret_digest)).arg(record_tail(kept)).arg(kept.stamp);
        call.arg(redis_layout::milliseconds_of(kept.record.expires_at));
        call.arg(redis_layout::milliseconds_of(kept.gone_at))
            .arg(redis_layout::microseconds_of(kept.gone_at));
        call.arg(redis_layout::place_of(kept.record)).arg(kept.record.id.view());
    }
    return call;
}

error_code outcome_noted(redis_shard& here, const redis_reply& word)
{
    if (word.is_error()) static_cast<void>(here.note_write(word));
    return outcome_of(word);
}

task<void> make_keys(std::shared_ptr<redis_shard> here, insertions some)
{
    auto making = run_mutation(here, call_making(some));
    const result<redis_reply> answer = co_await std::move(making);
    const bool has_a_word_for_each = answer && answer->items.size() == some.size();
    for (std::size_t index = 0; index < some.size(); ++index) {
        error_code& into = *some[index].asked.into;
        if (answer)
            into = outcome_noted(*here, has_a_word_for_each ? answer->items[index] : *answer);
        else
            into = answer.error();
        std::move(some[index].who)();
    }
}

} // namespace

void redis_insertion::send(const std::shared_ptr<redis_shard>& here, insertions all)
{
    const auto circumstances = [](const redis_insertion& one) {
        const key_record& key = one.made->record;
        return std::tuple{redis_layout::tag_of(key.id), key.owner, *one.creator, has_name(key)};
    };
    for (insertions& some : in_parts(std::move(all), keys_of_a_run, circumstances)) {
        auto making = make_keys(here, std::move(some));
        asio::co_spawn(here->where, std::move(making), rethrow);
    }
}

} // namespace latchkey
