#include "storage/redis_scripts.hpp"

#include "storage/redis_layout.hpp"

#include <array>
#include <string_view>

namespace latchkey {
namespace redis_scripts {
namespace {

// In front of scripts whose answer is dated.
constexpr std::string_view clock_reading = R"lua(
local function now()
  local clock = redis.call('TIME')
  return clock[1] * 1000000 + clock[2]
end
)lua";

} // namespace

// KEYS  owners, keys of the owner, key of the creator (if any); then for each key: key, meta, used, gone,
//       name (tokens only)
// ARGV  owner, now, whether there are names, whether there is a creator, PXAT of the last meta; then for each
//       key: digest, record tail, stamp, PXAT of key, PXAT of meta, end of retention, place, id
// Answers with one word for all keys, or with a word for each, or what Redis said of it.
const redis_script insert_keys{R"lua(
local owner, now, has_names, has_creator = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1', ARGV[4] == '1'
local call = redis.call
local owners = call('GET', KEYS[1]) or ''
local function standing_of(owner)
  local _, behind = string.find(owners, owner .. ' ', 1, true)
  if behind then return string.match(owners, '^(%d+) %d+ (%S+)', behind + 1) end
end
local epoch, status = standing_of(owner)
if not epoch then return 'owner_gone' end
local head = owner .. ' ' .. epoch .. ' '
local creator = status == 'a' and has_creator and call('GET', KEYS[3])
local may_create = not has_creator or creator and string.sub(creator, 66, 65 + #head) == head
local function is_dead(by, epoch, gone_at)
  return tonumber(gone_at) <= now or standing_of(by) ~= epoch
end
-- The word of what a key must not be made over. Nothing: what may be there is dead, and so is its mark of use.
local function obstacle_to(stamp, meta, used, gone, name)
  -- Made by an earlier run of this, and deleted since: it was made.
  local grave = call('GET', gone)
  if grave and string.match(grave, '^%S+') == stamp then return 'ok' end
  local held = call('GET', meta)
  local by, by_epoch, ends, by_stamp
  if held then
    by, by_epoch, ends, by_stamp = string.match(held, '^(%S+) (%d+) (%d+) (%S+) ')
    if by_stamp == stamp then return 'ok' end
  end
  if not may_create then return 'creator_gone' end
  local holder = name and call('GET', name)
  if holder then
    local name_epoch, name_ends = string.match(holder, '^%S+ (%d+) (%d+)$')
    if not name_epoch or not is_dead(owner, name_epoch, name_ends) then return 'name_taken' end
  end
  if held then
    if not by or not is_dead(by, by_epoch, ends) then return 'id_taken' end
    call('DEL', used)
  end
end
local words, places, at = {}, {}, 6
for key = has_creator and 4 or 3, #KEYS, has_names and 5 or 4 do
  local meta, name = KEYS[key + 1], has_names and KEYS[key + 4]
  -- What cannot be read, as a key of another type, is an error of this key alone.
  local is_known, word = pcall(obstacle_to, ARGV[at + 2], meta, KEYS[key + 2], KEYS[key + 3], name)
  if not is_known and type(word) == 'string' then word = redis.error_reply(word) end
  if not word then
    local record, meta_ends, gone_at = head .. ARGV[at + 1], ARGV[at + 4], ARGV[at + 5]
    call('SET', KEYS[key], ARGV[at] .. ' ' .. record, 'PXAT', ARGV[at + 3])
    call('SET', meta, record, 'PXAT', meta_ends)
    if name then call('SET', name, ARGV[at + 7] .. ' ' .. epoch .. ' ' .. gone_at, 'PXAT', meta_ends) end
    places[#places + 1], places[#places + 2] = gone_at, ARGV[at + 6]
  end
  words[#words + 1] = word or 'ok'
  at = at + 8
end
if #places > 0 then
  call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[2])
  call('ZADD', KEYS[2], unpack(places))
  if call('PEXPIRETIME', KEYS[2]) < tonumber(ARGV[5]) then call('PEXPIREAT', KEYS[2], ARGV[5]) end
end
return #words == 1 and words[1] or words
)lua"};

// KEYS  key or meta (what the caller has read), key, meta, used, keys of the owner, name (tokens only)
// ARGV  text that was read, record afterwards, PXAT of key ('': the key ends now), PXAT of meta, end of
//       retention, place, id, holder of the name afterwards
const redis_script rewrite_key{clock_reading, R"lua(
local held = redis.call('GET', KEYS[1])
if held ~= ARGV[1] then
  if held == ARGV[2] then return { 'ok', now() } end
  return 'changed'
end
local secret = redis.call('GET', KEYS[2])
if ARGV[3] == '' then
  redis.call('DEL', KEYS[2])
elseif secret then
  redis.call('SET', KEYS[2], string.sub(secret, 1, 65) .. ARGV[2], 'PXAT', ARGV[3])
end
redis.call('SET', KEYS[3], ARGV[2], 'PXAT', ARGV[4])
redis.call('PEXPIREAT', KEYS[4], ARGV[4])
redis.call('ZADD', KEYS[5], ARGV[5], ARGV[6])
if redis.call('PEXPIRETIME', KEYS[5]) < tonumber(ARGV[4]) then
  redis.call('PEXPIREAT', KEYS[5], ARGV[4])
end
local holder = KEYS[6] and redis.call('GET', KEYS[6])
if holder and string.sub(holder, 1, #ARGV[7]) == ARGV[7] then
  redis.call('SET', KEYS[6], ARGV[8], 'PXAT', ARGV[4])
end
return { 'ok', now() }
)lua"};

// KEYS  key or meta (what the caller has read), key, meta, used, gone, keys of the owner, name (tokens only)
// ARGV  text that was read, stamp of the key and mark of this call, place, id, milliseconds to remember it
const redis_script delete_key{clock_reading, R"lua(
local held = redis.call('GET', KEYS[1])
if held ~= ARGV[1] then
  if redis.call('GET', KEYS[5]) == ARGV[2] then return { 'ok', now() } end
  return 'changed'
end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
redis.call('ZREM', KEYS[6], ARGV[3])
local holder = KEYS[7] and redis.call('GET', KEYS[7])
if holder and string.sub(holder, 1, #ARGV[4]) == ARGV[4] then redis.call('DEL', KEYS[7]) end
redis.call('SET', KEYS[5], ARGV[2], 'PX', ARGV[5])
return { 'ok', now() }
)lua"};

// KEYS  any, for the sake of its slot
const redis_script read_clock{clock_reading, R"lua(
return { 'ok', now() }
)lua"};

// KEYS  meta and used, meta and used, ...
// ARGV  when, when, ...
const redis_script record_uses{R"lua(
local problem
for index = 1, #ARGV do
  local meta, used = KEYS[2 * index - 1], KEYS[2 * index]
  local gone_at = redis.call('PEXPIRETIME', meta)
  local held = redis.pcall('GET', used)
  if type(held) == 'table' then
    problem = held
  elseif gone_at > 0 and tonumber(held or 0) < tonumber(ARGV[index]) then
    redis.call('SET', used, ARGV[index], 'PXAT', gone_at)
  end
end
return problem or 'ok'
)lua"};

// KEYS  owners
// ARGV  owner, line
const redis_script begin_standing{R"lua(
local owners = redis.call('GET', KEYS[1]) or ''
if string.find(owners, ARGV[1] .. ' ', 1, true) then return 'present' end
redis.call('SET', KEYS[1], owners .. ARGV[2])
return 'ok'
)lua"};

// The answer begins with the epoch afterwards; or is that of a later change that was here, whose revision of
// the user's record is the third.
// KEYS  owners, keys of the owner
// ARGV  owner, revision of the change, status ('a', 's', or '' for as it is), whether keys are dropped
const redis_script change_standing{clock_reading, R"lua(
local owners = redis.call('GET', KEYS[1]) or ''
local from = string.find(owners, ARGV[1] .. ' ', 1, true)
if not from then return { 'owner_gone', now() } end
local _, to, epoch, revision, status, name =
  string.find(owners, '^%S+ (%d+) (%d+) (%S+) (%S+)\n', from)
if tonumber(ARGV[2]) < tonumber(revision) then return { 'later', now(), tonumber(revision) } end
if ARGV[3] ~= '' then status = ARGV[3] end
if ARGV[4] == '1' then
  epoch = string.format('%d', epoch + 1)
  redis.call('UNLINK', KEYS[2])
end
local line = ARGV[1] .. ' ' .. epoch .. ' ' .. ARGV[2] .. ' ' .. status .. ' ' .. name .. '\n'
redis.call('SET', KEYS[1], string.sub(owners, 1, from - 1) .. line .. string.sub(owners, to + 1))
return { epoch, now() }
)lua"};

// KEYS  owners, keys of the owner
// ARGV  owner
const redis_script end_standing{clock_reading, R"lua(
local owners = redis.call('GET', KEYS[1]) or ''
redis.call('UNLINK', KEYS[2])
local from = string.find(owners, ARGV[1] .. ' ', 1, true)
if not from then return { 'ok', now() } end
local to = string.find(owners, '\n', from, true)
owners = string.sub(owners, 1, from - 1) .. string.sub(owners, to + 1)
if owners == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], owners) end
return { 'ok', now() }
)lua"};

// KEYS  record, username, email, people
// ARGV  id, record, lower-case username, lower-case email, place ('': the system), whether to be the first
const redis_script insert_user{R"lua(
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held == ARGV[2] then return 'ok' end
if ARGV[6] == '1' and redis.call('ZCARD', KEYS[4]) > 0 then return 'users_exist' end
if held then return 'id_taken' end
if redis.call('HEXISTS', KEYS[2], ARGV[3]) == 1 then return 'username_taken' end
if ARGV[4] ~= '' and redis.call('HEXISTS', KEYS[3], ARGV[4]) == 1 then return 'email_taken' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[1])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[3], ARGV[4], ARGV[1]) end
if ARGV[5] ~= '' then redis.call('ZADD', KEYS[4], 0, ARGV[5]) end
return 'ok'
)lua"};

// KEYS  record, username, email, people
// ARGV  id, record that was read, record afterwards, and for a deletion: lower-case username, lower-case
//       email, place
const redis_script replace_user{R"lua(
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held == ARGV[3] then return 'ok' end
if held ~= ARGV[2] then return 'changed' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if ARGV[4] then
  redis.call('HDEL', KEYS[2], ARGV[4])
  redis.call('HDEL', KEYS[3], ARGV[5])
  redis.call('ZREM', KEYS[4], ARGV[6])
end
return 'ok'
)lua"};

// KEYS  record, seen
// ARGV  id
const redis_script find_user{R"lua(
return { redis.call('HGET', KEYS[1], ARGV[1]), redis.call('HGET', KEYS[2], ARGV[1]) }
)lua"};

// KEYS  username or email, record, seen
// ARGV  what to find there
const redis_script find_user_by{R"lua(
local id = redis.call('HGET', KEYS[1], ARGV[1])
if not id then return { false, false } end
return { redis.call('HGET', KEYS[2], id), redis.call('HGET', KEYS[3], id) }
)lua"};

// KEYS  record, seen
// ARGV  id and when, id and when, ...
const redis_script record_sightings{R"lua(
for index = 1, #ARGV, 2 do
  local seen = tonumber(redis.call('HGET', KEYS[2], ARGV[index]) or 0)
  if seen < tonumber(ARGV[index + 1]) and redis.call('HEXISTS', KEYS[1], ARGV[index]) == 1 then
    redis.call('HSET', KEYS[2], ARGV[index], ARGV[index + 1])
  end
end
return 'ok'
)lua"};

redis_call on_user_records(const redis_script& script)
{
    redis_call call{script};
    call.key(redis_layout::user_records).key(redis_layout::usernames);
    call.key(redis_layout::emails).key(redis_layout::people);
    return call;
}

} // namespace redis_scripts

std::optional<revision> revision_in(const redis_reply& answer) noexcept
{
    const bool is_dated = answer.items.size() == 2 && answer.items[1].is_integer();
    if (!is_dated) return std::nullopt;
    return answer.items[1].integer;
}

error_code outcome_of(const redis_reply& word) noexcept
{
    struct meaning {
        std::string_view word;
        storage_errc code;
    };
    static constexpr std::array<meaning, 7> meanings = {{{"id_taken", storage_errc::id_taken},
                                                         {"name_taken", storage_errc::name_taken},
                                                         {"owner_gone", storage_errc::owner_gone},
                                                         {"creator_gone", storage_errc::creator_gone},
                                                         {"username_taken", storage_errc::username_taken},
                                                         {"email_taken", storage_errc::email_taken},
                                                         {"users_exist", storage_errc::users_exist}}};
    if (word.text == "ok") return {};
    for (const meaning& one : meanings) {
        if (word.text == one.word) return one.code;
    }
    return storage_errc::unavailable;
}

} // namespace latchkey
