// Every change the store makes in Redis, each one atomic step of one slot. All of them may be run twice, as
// happens when a reply is lost: the second run finds the first one's work, leaves it and says the same.
// Answers are words: "ok", "changed" (what the caller had read is not so any more: read again), or the
// name of an outcome of storage/error.hpp. Changes that verifications must learn of answer an array: the
// word, and the clock of Redis at that moment, in microseconds (storage/revision.hpp); of a second run the
// later one.
//
// Keys and arguments of each: at its text, in redis_scripts.cpp.
#pragma once

#include "storage/error.hpp"
#include "storage/redis_reply.hpp"
#include "storage/redis_script.hpp"
#include "storage/revision.hpp"

#include <optional>

namespace latchkey {

// ok: no error. The names of outcomes: those. Anything else: unavailable.
error_code outcome_of(const redis_reply& word) noexcept;

// When a change was made that verifications must learn of. Nothing: it was not made.
std::optional<revision> revision_in(const redis_reply& answer) noexcept;

namespace redis_scripts {

extern const redis_script insert_keys;
extern const redis_script rewrite_key;
extern const redis_script delete_key;
extern const redis_script read_clock;
extern const redis_script record_uses;

extern const redis_script begin_standing;
extern const redis_script change_standing;
extern const redis_script end_standing;

extern const redis_script insert_user;
extern const redis_script replace_user;
extern const redis_script find_user;
extern const redis_script find_user_by;
extern const redis_script record_sightings;

// A call of insert_user or replace_user, with its keys.
redis_call on_user_records(const redis_script& script);

} // namespace redis_scripts

} // namespace latchkey
