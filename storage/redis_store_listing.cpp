// The part of the Redis store that lists keys: first the places of all, from the indexes of their owners,
// then the records of those that are wanted.
#include "storage/redis_fields.hpp"
#include "storage/redis_scripts.hpp"
#include "storage/redis_store.hpp"
#include "storage/run_together.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace latchkey {
namespace {

constexpr std::size_t owners_at_once = 64;
constexpr std::size_t tags_at_once = 64;
constexpr std::size_t places_a_command = 256;

std::optional<key_id> id_in(std::string_view place) noexcept
{
    if (place.size() != redis_layout::place_id_offset + key_id::length + 1) return std::nullopt;
    return key_id::parse(place.substr(redis_layout::place_id_offset, key_id::length));
}

bool is_token(std::string_view place) noexcept
{
    return place.ends_with('t');
}

// In the list, if it counts the expired ones.
bool has_place(const key_record& key, const key_query& query) noexcept
{
    return key.login == login_type::token && (!query.owner || key.owner == *query.owner);
}

bool matches(const key_record& key, const key_query& query) noexcept
{
    return has_place(key, query) && (query.include_expired || key.expires_at > query.now);
}

} // namespace

task<result<redis_store::places>> redis_store::places_of(shard_pointer here, uuid owner)
{
    redis_command all{"ZRANGE"};
    all.key(redis_layout::keys(access_->tag_of(owner), owner)).arg(std::int64_t{0}).arg(std::int64_t{-1});
    auto asking = here->client->run(std::move(all), redis_effect::read);
    result<redis_reply> answer = co_await std::move(asking);
    answer = here->note_read(std::move(answer));
    if (!answer) co_return answer.error();
    places found;
    found.reserve(answer->items.size());
    for (redis_reply& place : answer->items) {
        if (id_in(place.text)) found.push_back({std::move(place.text), owner});
    }
    co_return found;
}

task<result<redis_store::places>> redis_store::places_of_all(shard_pointer here)
{
    redis_command everybody{"HVALS"};
    everybody.key(redis_layout::usernames);
    auto asking = here->client->run(std::move(everybody), redis_effect::read);
    result<redis_reply> answer = co_await std::move(asking);
    answer = here->note_read(std::move(answer));
    if (!answer) co_return answer.error();

    std::vector<task<result<places>>> questions;
    for (const redis_reply& id : answer->items) {
        if (const auto owner = parse_uuid(id.text)) questions.push_back(places_of(here, *owner));
    }
    auto together = run_together(std::move(questions), owners_at_once);
    std::vector<result<places>> answers = co_await std::move(together);
    places found;
    for (result<places>& one : answers) {
        if (!one) co_return one.error();
        std::move(one->begin(), one->end(), std::back_inserter(found));
    }
    co_return found;
}

task<result<redis_store::listings>> redis_store::read_places_of_tag(shard_pointer here, places wanted)
{
    const std::string tag{redis_layout::tag_of(*id_in(wanted.front().place))};
    redis_command all{"MGET"};
    all.key(redis_layout::owners(tag));
    for (const key_place& one : wanted) {
        const key_id id = *id_in(one.place);
        all.key(redis_layout::meta(id)).key(redis_layout::used(id));
    }
    auto asking = here->client->run(std::move(all), redis_effect::read);
    result<redis_reply> answer = co_await std::move(asking);
    answer = here->note_read(std::move(answer));
    if (!answer) co_return answer.error();
    if (answer->items.size() != 1 + 2 * wanted.size()) co_return storage_errc::unavailable;

    listings read(wanted.size());
    std::map<uuid, std::optional<kept_standing>> owners;
    for (std::size_t index = 0; index < wanted.size(); ++index) {
        const key_place& one = wanted[index];
        const key_id id = *id_in(one.place);
        auto kept = parse_meta(id, answer->items[1 + 2 * index].text, here->rights);
        if (!kept || kept->record.owner != one.owner || kept->gone_at <= clock_.now()) continue;
        const auto [owner, is_new] = owners.try_emplace(one.owner);
        if (is_new) owner->second = find_standing(answer->items.front().text, one.owner);
        const auto& standing = owner->second;
        if (!standing || standing->owner.key_epoch != kept->record.owner_epoch) continue;

        seen_key seen;
        seen.kept = std::move(*kept);
        seen.last_used = std::max(moment_in(answer->items[2 + 2 * index].text), access_->last_use(id, *here));
        seen.username = standing->owner.username;
        read[index] = listing_of(std::move(seen));
    }
    co_return read;
}

task<result<redis_store::listings>> redis_store::read_places(shard_pointer here, places wanted)
{
    // By tag, since a command may not reach over slots; and not too many in one.
    std::map<std::string, std::vector<std::size_t>, std::less<>> by_tag;
    std::vector<std::vector<std::size_t>> groups;
    for (std::size_t index = 0; index < wanted.size(); ++index) {
        const key_id id = *id_in(wanted[index].place);
        auto& group = by_tag[std::string{redis_layout::tag_of(id)}];
        group.push_back(index);
        if (group.size() == places_a_command) groups.push_back(std::exchange(group, {}));
    }
    for (auto& [tag, group] : by_tag) {
        if (!group.empty()) groups.push_back(std::move(group));
    }

    std::vector<task<result<listings>>> questions;
    for (const auto& group : groups) {
        places part;
        for (const std::size_t index : group)
            part.push_back(std::move(wanted[index]));
        questions.push_back(read_places_of_tag(here, std::move(part)));
    }
    auto together = run_together(std::move(questions), tags_at_once);
    std::vector<result<listings>> answers = co_await std::move(together);
    listings read(wanted.size());
    for (std::size_t number = 0; number < groups.size(); ++number) {
        result<listings>& answer = answers[number];
        if (!answer) co_return answer.error();
        for (std::size_t at = 0; at < groups[number].size(); ++at)
            read[groups[number][at]] = std::move((*answer)[at]);
    }
    co_return read;
}

// The places of all are gathered with the first page, since an index is not in the order of lists.
class redis_store::token_pages final : public token_list {
public:
    token_pages(redis_store& from, key_query query) : store_{from}, query_{std::move(query)} {}

    task<result<std::vector<key_listing>>> next() override
    {
        std::vector<key_listing> page;
        const executor where = co_await asio::this_coro::executor;
        const shard_pointer here = store_.access_->on(where);
        if (!std::exchange(has_begun_, true)) {
            auto beginning = begin(here);
            const result<void> begun = co_await std::move(beginning);
            if (!begun) co_return begun.error();
        }
        while (page.empty() && next_ < places_.size() && missing() != 0) {
            auto reading = store_.read_places(here, take_places());
            result<listings> read = co_await std::move(reading);
            if (!read) co_return read.error();
            for (auto& one : *read) {
                if (one && matches(one->key, query_) && page.size() < missing())
                    page.push_back(std::move(*one));
            }
        }
        given_ += page.size();
        co_return page;
    }

private:
    task<result<void>> begin(shard_pointer here)
    {
        std::string after; // sorts before every place
        if (query_.after) {
            auto looking = store_.look_at(here, *query_.after);
            result<seen_key> last = co_await std::move(looking);
            if (!last && last.error() != storage_errc::not_found) co_return last.error();
            if (!last || !has_place(last->kept.record, query_)) co_return result<void>{};
            after = redis_layout::place_of(last->kept.record);
        }
        auto gathering = query_.owner ? store_.places_of(here, *query_.owner) : store_.places_of_all(here);
        result<places> found = co_await std::move(gathering);
        if (!found) co_return found.error();
        std::erase_if(*found,
                      [&](const key_place& one) { return !is_token(one.place) || one.place <= after; });
        std::ranges::sort(*found, {}, &key_place::place);
        places_ = std::move(*found);
        co_return result<void>{};
    }

    std::size_t missing() const noexcept { return query_.limit == 0 ? page_size : query_.limit - given_; }

    // Of a page, also where fewer are missing: some of them may have gone.
    places take_places()
    {
        const std::size_t count = std::min(places_.size() - next_, page_size);
        const auto first = places_.begin() + static_cast<std::ptrdiff_t>(std::exchange(next_, next_ + count));
        return {std::make_move_iterator(first),
                std::make_move_iterator(first + static_cast<std::ptrdiff_t>(count))};
    }

    redis_store& store_;
    const key_query query_;
    bool has_begun_ = false;
    places places_;
    std::size_t next_ = 0;  // of places_
    std::size_t given_ = 0; // keys, by pages before
};

std::unique_ptr<token_list> redis_store::list_tokens(key_query query)
{
    return std::make_unique<token_pages>(*this, std::move(query));
}

task<result<std::vector<key_listing>>> redis_store::list_all_keys(uuid owner)
{
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    auto gathering = places_of(here, owner);
    result<places> found = co_await std::move(gathering);
    if (!found) co_return found.error();
    auto reading = read_places(here, std::move(*found));
    result<listings> read = co_await std::move(reading);
    if (!read) co_return read.error();
    std::vector<key_listing> listed;
    for (auto& one : *read) {
        if (one) listed.push_back(std::move(*one));
    }
    co_return listed;
}

} // namespace latchkey
