// The part of the Redis store that deals with users: their records and names in one slot, their standing in
// the slot of their keys. What takes away is done to the standing first, what gives is done to it last; so
// whatever happens in between, nothing is given that was not meant to be, and the call can be repeated.
#include "storage/lower_case.hpp"
#include "storage/redis_fields.hpp"
#include "storage/redis_scripts.hpp"
#include "storage/redis_store.hpp"

#include <charconv>

namespace latchkey {
namespace {

constexpr std::size_t users_a_command = 256;

redis_call beginning_of(const kept_standing& standing, std::string_view tag)
{
    redis_call call{redis_scripts::begin_standing};
    call.key(redis_layout::owners(tag)).arg(to_string(standing.owner.id)).arg(standing_line(standing));
    return call;
}

std::optional<std::uint32_t> epoch_in(const redis_reply& word) noexcept
{
    std::uint32_t epoch = 0;
    const auto read = std::from_chars(word.text.data(), word.text.data() + word.text.size(), epoch);
    if (read.ec != std::errc{}) return std::nullopt;
    return epoch;
}

user changed(user one, const user_change& change)
{
    if (change.status) one.status = *change.status;
    if (change.roles) one.roles = *change.roles;
    if (change.password_hash) one.password_hash = *change.password_hash;
    one.updated_at = change.now;
    return one;
}

// The user's id in a member of `people`.
std::string_view user_in(std::string_view place) noexcept
{
    const std::size_t end_of_name = place.find('\0');
    return end_of_name == place.npos ? std::string_view{} : place.substr(end_of_name + 1);
}

} // namespace

// --- making

task<result<void>> redis_store::insert(user added, bool only_if_first)
{
    const noted_change noted{access_, added.id};
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    const kept_user kept{added, 1, redis_stamp()};
    const kept_standing standing{owner_standing::of(added), kept.revision};

    // A standing without a record gives nothing: nobody can make a key for a user who is not there.
    auto beginning = run_mutation(here, beginning_of(standing, access_->tag_of(added.id)));
    const result<redis_reply> begun = co_await std::move(beginning);
    if (!begun) co_return begun.error();

    redis_call adding = redis_scripts::on_user_records(redis_scripts::insert_user);
    adding.arg(to_string(added.id)).arg(user_text(kept));
    adding.arg(lower_case(added.username)).arg(lower_case(added.email));
    adding.arg(added.is_system ? std::string{} : redis_layout::place_of(added));
    adding.arg(only_if_first ? "1" : "0");
    auto inserting = run_mutation(here, std::move(adding));
    const result<redis_reply> answer = co_await std::move(inserting);
    if (!answer) co_return answer.error();
    const error_code outcome = outcome_of(*answer);
    if (!outcome) co_return result<void>{};

    // With id_taken it is the standing of him who has the id.
    if (outcome != storage_errc::id_taken && outcome != storage_errc::unavailable && begun->text == "ok") {
        auto ending = end_standing(here, added.id);
        static_cast<void>(co_await std::move(ending)); // a leftover that gives nothing
    }
    co_return outcome;
}

task<result<void>> redis_store::insert_user(user added)
{
    return insert(std::move(added), false);
}

task<result<void>> redis_store::insert_first_user(user added)
{
    return insert(std::move(added), true);
}

// Redis loses what it was told last when a primary dies, and a user's record and standing may lie on
// different ones. The standing comes back in a new epoch, so that no key of his comes back to life that was
// taken away meanwhile.
task<result<redis_store::restoration>> redis_store::restore_standing(shard_pointer here, uuid owner)
{
    auto agreeing = redis_access::agree_on_tags(access_, here);
    const result<void> agreed = co_await std::move(agreeing);
    if (!agreed) co_return agreed.error();
    auto reading = read_user(here, owner);
    const result<seen_user> found = co_await std::move(reading);
    if (!found && found.error() != storage_errc::not_found) co_return found.error();
    if (!found || found->kept.record.is_deleted) co_return restoration::no_such_user;

    kept_standing standing{owner_standing::of(found->kept.record), found->kept.revision};
    const auto since = clock_.now().time_since_epoch();
    standing.owner.key_epoch =
        static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(since).count());
    auto beginning = run_mutation(here, beginning_of(standing, access_->tag_of(owner)));
    const result<redis_reply> begun = co_await std::move(beginning);
    if (!begun) co_return begun.error();

    // He may have been deleted between the look and the writing; then it must not stay.
    auto looking = read_user(here, owner);
    const result<seen_user> still = co_await std::move(looking);
    if (still && !still->kept.record.is_deleted) co_return restoration::done;
    auto ending = end_standing(here, owner);
    const result<revision> ended = co_await std::move(ending);
    if (!still && still.error() != storage_errc::not_found) co_return still.error();
    if (!ended) co_return ended.error();
    co_return restoration::no_such_user;
}

// --- finding

result<redis_store::seen_user> redis_store::user_of(const redis_reply& record, const redis_reply& seen) const
{
    auto kept = parse_user(record.text);
    if (!kept) return storage_errc::not_found;
    seen_user found{std::move(*kept), record.text};
    user& one = found.kept.record;
    one.last_seen_at = std::max({one.last_seen_at, moment_in(seen.text), access_->marks().last_seen(one.id)});
    return found;
}

task<result<redis_store::seen_user>> redis_store::read_user(shard_pointer here, uuid id)
{
    redis_call call{redis_scripts::find_user};
    call.key(redis_layout::user_records).key(redis_layout::seen).arg(to_string(id));
    auto asking = here->client->run_script(std::move(call), redis_effect::read);
    result<redis_reply> answer = co_await std::move(asking);
    answer = here->note_read(std::move(answer));
    if (!answer) co_return answer.error();
    if (answer->items.size() != 2) co_return storage_errc::unavailable;
    co_return user_of(answer->items[0], answer->items[1]);
}

task<result<user>> redis_store::find_user(uuid id)
{
    const executor where = co_await asio::this_coro::executor;
    auto reading = read_user(access_->on(where), id);
    result<seen_user> found = co_await std::move(reading);
    if (!found) co_return found.error();
    co_return std::move(found->kept.record);
}

task<result<user>> redis_store::read_user_by(std::string_view index, std::string text)
{
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    redis_call call{redis_scripts::find_user_by};
    call.key(index).key(redis_layout::user_records).key(redis_layout::seen);
    call.arg(lower_case(text));
    auto asking = here->client->run_script(std::move(call), redis_effect::read);
    result<redis_reply> answer = co_await std::move(asking);
    answer = here->note_read(std::move(answer));
    if (!answer) co_return answer.error();
    if (answer->items.size() != 2) co_return storage_errc::unavailable;
    result<seen_user> found = user_of(answer->items[0], answer->items[1]);
    if (!found) co_return found.error();
    if (found->kept.record.is_deleted) co_return storage_errc::not_found;
    co_return std::move(found->kept.record);
}

task<result<user>> redis_store::find_user_by_username(std::string username)
{
    return read_user_by(redis_layout::usernames, std::move(username));
}

task<result<user>> redis_store::find_user_by_email(std::string email)
{
    return read_user_by(redis_layout::emails, std::move(email));
}

task<result<bool>> redis_store::has_users()
{
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    redis_command counting{"ZCARD"};
    counting.key(redis_layout::people);
    auto asking = here->client->run(std::move(counting), redis_effect::read);
    result<redis_reply> answer = co_await std::move(asking);
    answer = here->note_read(std::move(answer));
    if (!answer) co_return result<bool>{boost::system::in_place_error, answer.error()};
    co_return answer->integer > 0;
}

task<result<std::vector<user>>> redis_store::list_users()
{
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    redis_command all{"ZRANGE"};
    all.key(redis_layout::people).arg(std::int64_t{0}).arg(std::int64_t{-1});
    auto asking = here->client->run(std::move(all), redis_effect::read);
    result<redis_reply> order = co_await std::move(asking);
    order = here->note_read(std::move(order));
    if (!order) co_return order.error();

    std::vector<user> listed;
    for (std::size_t begin = 0; begin < order->items.size(); begin += users_a_command) {
        const std::size_t end = std::min(order->items.size(), begin + users_a_command);
        redis_command records{"HMGET"};
        redis_command sightings{"HMGET"};
        records.key(redis_layout::user_records);
        sightings.key(redis_layout::seen);
        for (std::size_t index = begin; index < end; ++index) {
            records.arg(user_in(order->items[index].text));
            sightings.arg(user_in(order->items[index].text));
        }
        auto reading = here->client->run(std::move(records), redis_effect::read);
        result<redis_reply> read = co_await std::move(reading);
        read = here->note_read(std::move(read));
        if (!read) co_return read.error();
        auto looking = here->client->run(std::move(sightings), redis_effect::read);
        result<redis_reply> seen = co_await std::move(looking);
        seen = here->note_read(std::move(seen));
        if (!seen) co_return seen.error();
        if (read->items.size() != end - begin || seen->items.size() != end - begin)
            co_return storage_errc::unavailable;

        for (std::size_t index = 0; index < end - begin; ++index) {
            result<seen_user> one = user_of(read->items[index], seen->items[index]);
            const bool is_listed = one && !one->kept.record.is_deleted;
            if (is_listed) listed.push_back(std::move(one->kept.record));
        }
    }
    co_return listed;
}

// --- changing

task<result<redis_store::standing_change>> redis_store::change_standing(
    shard_pointer here, uuid owner, std::int64_t change_count, std::string status, bool drops_keys)
{
    const std::string tag = access_->tag_of(owner);
    redis_call call{redis_scripts::change_standing};
    call.key(redis_layout::owners(tag)).key(redis_layout::keys(tag, owner));
    call.arg(to_string(owner)).arg(change_count).arg(status).arg(drops_keys ? "1" : "0");
    auto changing = run_mutation(here, std::move(call));
    const result<redis_reply> answer = co_await std::move(changing);
    if (!answer) co_return answer.error();
    const std::vector<redis_reply>& items = answer->items;
    if (items.size() < 2) co_return storage_errc::unavailable;
    standing_change done{.at = items[1].integer};
    if (items.size() > 2)
        done.later = items[2].integer;
    else
        done.epoch = epoch_in(items[0]);
    co_return done;
}

task<result<revision>> redis_store::end_standing(shard_pointer here, uuid owner)
{
    const std::string tag = access_->tag_of(owner);
    redis_call call{redis_scripts::end_standing};
    call.key(redis_layout::owners(tag)).key(redis_layout::keys(tag, owner)).arg(to_string(owner));
    auto ending = run_mutation(here, std::move(call));
    const result<redis_reply> answer = co_await std::move(ending);
    if (!answer) co_return answer.error();
    const std::optional<revision> ended = revision_in(*answer);
    if (!ended) co_return storage_errc::unavailable;
    co_return *ended;
}

task<result<redis_store::write_fate>>
redis_store::replace_user(shard_pointer here, seen_user before, kept_user after)
{
    const user& one = after.record;
    redis_call call = redis_scripts::on_user_records(redis_scripts::replace_user);
    call.arg(to_string(one.id)).arg(before.text).arg(user_text(after));
    if (one.is_deleted) {
        call.arg(lower_case(one.username)).arg(lower_case(one.email));
        call.arg(redis_layout::place_of(one));
    }
    auto replacing = run_mutation(here, std::move(call));
    const result<redis_reply> answer = co_await std::move(replacing);
    if (!answer) co_return answer.error();
    co_return answer->text == "ok" ? write_fate::done : write_fate::overtaken;
}

task<result<revised<user>>> redis_store::change_user(uuid id, user_change change)
{
    const noted_change noted{access_, id};
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    const bool has_steps = change.status || change.drop_keys;
    if (has_steps) {
        auto beginning = redis_settling::begin(here, id);
        const result<void> begun = co_await std::move(beginning);
        if (!begun) co_return begun.error();
    }
    auto changing = change_in_steps(here, id, std::move(change));
    result<revised<user>> changed = co_await std::move(changing);
    if (has_steps) {
        const bool is_done = changed || changed.error() != storage_errc::unavailable;
        auto ending = redis_settling::end(settling_, here, id, is_done);
        co_await std::move(ending);
    }
    co_return changed;
}

task<result<revised<user>>> redis_store::change_in_steps(shard_pointer here, uuid id, user_change change)
{
    const bool touches_standing = change.status || change.drop_keys;
    const std::string status{change.status ? status_letter(*change.status) : std::string_view{}};
    std::int64_t least_revision = 0;
    for (int round = 0; round < most_rounds; ++round) {
        auto reading = read_user(here, id);
        result<seen_user> before = co_await std::move(reading);
        if (!before) co_return before.error();
        if (before->kept.record.is_deleted) co_return storage_errc::not_found;
        kept_user after{changed(before->kept.record, change),
                        std::max(before->kept.revision + 1, least_revision),
                        redis_stamp()};
        if (change.drop_keys || status == "s") {
            auto restricting = change_standing(
                here, id, after.revision, status == "s" ? status : std::string{}, change.drop_keys);
            const result<standing_change> restricted = co_await std::move(restricting);
            if (!restricted) co_return restricted.error();
            if (restricted->later) { // somebody else's later change has been there
                least_revision = *restricted->later;
                continue;
            }
            if (change.drop_keys) // the epoch of a standing that is lost is anybody's guess
                after.record.key_epoch = restricted->epoch.value_or(after.record.key_epoch + 1);
        }
        auto replacing = replace_user(here, std::move(*before), after);
        const result<write_fate> fate = co_await std::move(replacing);
        if (!fate) co_return fate.error();
        if (*fate == write_fate::overtaken) continue;

        // Keys are dropped once more: one may have been made since, by a login with the old password.
        revision changed_at = any_revision;
        if (touches_standing) {
            auto settling = change_standing(here, id, after.revision, status, change.drop_keys);
            const result<standing_change> settled = co_await std::move(settling);
            if (!settled) co_return settled.error();
            changed_at = settled->at;
        }
        co_return revised<user>{std::move(after.record), changed_at};
    }
    co_return storage_errc::unavailable;
}

task<result<revised<user>>> redis_store::delete_user(uuid id, time_point now)
{
    const noted_change noted{access_, id};
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    for (int round = 0; round < most_rounds; ++round) {
        auto reading = read_user(here, id);
        result<seen_user> before = co_await std::move(reading);
        if (!before) co_return before.error();
        if (before->kept.record.is_deleted) co_return storage_errc::not_found;
        auto ending = end_standing(here, id);
        const result<revision> ended = co_await std::move(ending);
        if (!ended) co_return ended.error();

        kept_user after{before->kept.record, before->kept.revision + 1, redis_stamp()};
        after.record.is_deleted = true;
        after.record.updated_at = now;
        ++after.record.key_epoch;
        revised<user> as_it_was{before->kept.record, *ended};
        auto replacing = replace_user(here, std::move(*before), std::move(after));
        const result<write_fate> fate = co_await std::move(replacing);
        if (!fate) co_return fate.error();
        if (*fate == write_fate::done) co_return as_it_was;
    }
    co_return storage_errc::unavailable;
}

} // namespace latchkey
