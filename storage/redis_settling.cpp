#include "storage/redis_settling.hpp"

#include "storage/redis_layout.hpp"
#include "storage/redis_records.hpp"
#include "storage/redis_scripts.hpp"

namespace latchkey {
namespace {

redis_command on_unsettled(std::string_view what, const uuid& user)
{
    redis_command command{what};
    command.key(redis_layout::unsettled).arg(to_string(user));
    return command;
}

// The record that goes with a standing which was changed before it.
kept_user brought_up(kept_user record, const kept_standing& standing)
{
    record.record.status = standing.owner.status;
    record.record.key_epoch = standing.owner.key_epoch;
    record.revision = standing.revision;
    record.stamp = redis_stamp();
    return record;
}

task<result<redis_reply>> read_record(std::shared_ptr<redis_shard> here, uuid user)
{
    redis_command reading{"HGET"};
    reading.key(redis_layout::user_records).arg(to_string(user));
    auto asking = here->client->run(std::move(reading), redis_effect::read);
    result<redis_reply> answer = co_await std::move(asking);
    co_return here->note_read(std::move(answer));
}

task<result<redis_reply>> read_owners(std::shared_ptr<redis_shard> here, std::string name)
{
    redis_command reading{"GET"};
    reading.key(name);
    auto asking = here->client->run(std::move(reading), redis_effect::read);
    result<redis_reply> answer = co_await std::move(asking);
    co_return here->note_read(std::move(answer));
}

} // namespace

task<result<void>> redis_settling::begin(std::shared_ptr<redis_shard> here, uuid user)
{
    auto noting = here->client->run(on_unsettled("SADD", user), redis_effect::idempotent);
    result<redis_reply> answer = co_await std::move(noting);
    answer = here->note_write(std::move(answer));
    if (!answer) co_return answer.error();
    co_return result<void>{};
}

task<void> redis_settling::end(std::shared_ptr<redis_settling> self,
                               std::shared_ptr<redis_shard> here,
                               uuid user,
                               bool is_done)
{
    if (is_done) {
        auto striking = here->client->run(on_unsettled("SREM", user), redis_effect::idempotent);
        const result<redis_reply> answer = co_await std::move(striking);
        if (answer && !answer->is_error()) co_return;
    }
    self->is_wanted_ = true;
}

task<void> redis_settling::work(std::shared_ptr<redis_shard> here)
{
    const auto self = shared_from_this();
    if (!is_wanted_.exchange(false)) co_return;
    redis_command members{"SMEMBERS"};
    members.key(redis_layout::unsettled);
    auto asking = here->client->run(std::move(members), redis_effect::read);
    result<redis_reply> answer = co_await std::move(asking);
    answer = here->note_read(std::move(answer));
    bool is_done = answer.has_value();
    for (std::size_t index = 0; answer && index < answer->items.size(); ++index) {
        const auto user = parse_uuid(answer->items[index].text);
        if (!user) continue;
        auto settling = settle(self, here, *user);
        const bool is_settled = co_await std::move(settling);
        is_done = is_done && is_settled;
    }
    if (!is_done) self->is_wanted_ = true;
}

// The scripts compare revisions and what was read, so a change that is still on its way elsewhere is either
// completed here, which it finds, or not disturbed.
task<bool>
redis_settling::settle(std::shared_ptr<redis_settling> self, std::shared_ptr<redis_shard> here, uuid user)
{
    const noted_change noted{self->access_, user};
    const std::string tag = self->access_->tag_of(user);
    auto reading = read_record(here, user);
    const result<redis_reply> record = co_await std::move(reading);
    if (!record) co_return false;
    auto looking = read_owners(here, redis_layout::owners(tag));
    const result<redis_reply> owners = co_await std::move(looking);
    if (!owners) co_return false;

    const auto kept = parse_user(record->text);
    const auto standing = find_standing(owners->text, user);
    if (kept && standing && !kept->record.is_deleted) {
        const bool is_record_behind = standing->revision > kept->revision;
        redis_call call{redis_scripts::change_standing};
        if (is_record_behind) {
            call = redis_scripts::on_user_records(redis_scripts::replace_user);
            call.arg(to_string(user)).arg(record->text).arg(user_text(brought_up(*kept, *standing)));
        } else {
            call.key(redis_layout::owners(tag)).key(redis_layout::keys(tag, user));
            call.arg(to_string(user)).arg(kept->revision);
            call.arg(status_letter(kept->record.status)).arg("0");
        }
        auto completing = run_mutation(here, std::move(call));
        const result<redis_reply> completed = co_await std::move(completing);
        if (!completed) co_return false;
    }
    auto striking = here->client->run(on_unsettled("SREM", user), redis_effect::idempotent);
    const result<redis_reply> answer = co_await std::move(striking);
    co_return answer && !answer->is_error();
}

} // namespace latchkey
