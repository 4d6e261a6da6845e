// What is called how in Redis, and how long it lives. Pure functions, any thread.
//
//     lk:{T}:key:<id>             digest and record of a key: what a verification needs. Until expires_at.
//     lk:{T}:meta:<id>            the record alone: what lists show. Until the retention has passed.
//     lk:{T}:name:<owner>:<name>  which token has the name. As meta.
//     lk:{T}:used:<id>            when the key was last used. As meta.
//     lk:{T}:keys:<owner>         sorted set of the owner's keys, by end of retention. Until the last.
//     lk:{T}:gone:<id>            of a deleted key: for a retry of that or its creation. Some minutes.
//     lk:{T}:owners               the standing of every owner of this tag, a line each. No end.
//     lk:{users}:...              the users themselves, their names and addresses. No end.
//     lk:{users}:unsettled        whose change is on its way, or was left half done. Empty at rest.
//     lk:{lk}:deployment          the key of the tags. No end.
//     lk:{audit}:stream           audit entries of all servers; belongs to no token. No end, but a bound.
//
// T, the tag, is what a key's id begins with (storage/id_tag.hpp): a keyed hash of its owner's id. So all
// that belongs to one owner shares a Cluster slot, and a verification finds it from the token alone. The
// standing lies in one string for each tag, not for each owner, because the owner is not known before the
// key is read, and a Cluster wants every key of a command to be named beforehand.
#pragma once

#include "storage/id_tag.hpp"
#include "storage/records.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::redis_layout {

std::string_view tag_of(const key_id& id) noexcept;

std::string key(const key_id& id);
std::string meta(const key_id& id);
std::string used(const key_id& id);
std::string gone(const key_id& id);
std::string name(std::string_view tag, const uuid& owner, std::string_view text);
std::string keys(std::string_view tag, const uuid& owner);
std::string owners(std::string_view tag);

inline constexpr std::string_view user_records = "lk:{users}:record"; // hash: id -> record
inline constexpr std::string_view usernames = "lk:{users}:username";  // hash: lower-case name -> id
inline constexpr std::string_view emails = "lk:{users}:email";        // hash: lower-case address -> id
inline constexpr std::string_view people = "lk:{users}:people"; // sorted set of place_of(); not the system
inline constexpr std::string_view seen = "lk:{users}:seen";     // hash: id -> when
inline constexpr std::string_view unsettled = "lk:{users}:unsettled"; // set: ids
inline constexpr std::string_view deployment = "lk:{lk}:deployment";

// Stream. Each entry: who wrote it (a random word of the process's), and what append_unchained_line made.
inline constexpr std::string_view audit_stream = "lk:{audit}:stream";
inline constexpr std::string_view audit_writer_field = "by";
inline constexpr std::string_view audit_line_field = "entry";

// What a Redis key that has changed is about, as far as a verification reads it: a key or meta, or owners.
struct subject {
    std::optional<key_id> key{};
    std::string_view owners_of{}; // a tag, in the name that was given; empty: not about owners
};
subject subject_of(std::string_view redis_key) noexcept;

// The member of `keys`: sorts by creation, then id (contract A15), and tells tokens from sessions.
std::string place_of(const key_record& key);

// The part of a place that says where it is in the list, and the id in it.
inline constexpr std::size_t place_id_offset = 17;

// The member of `people`: sorts by lower-case username.
std::string place_of(const user& one);

// The end of what lists show. A retention of zero means for ever to the operator; but no Redis key that
// belongs to a token may live without end, and a hundred years are longer than any Redis.
time_point end_of_retention(time_point expires_at, microseconds retention) noexcept;

// What PXAT takes. Rounded down: nothing outlives its time.
std::int64_t milliseconds_of(time_point when) noexcept;

// What records and scores hold.
inline std::int64_t microseconds_of(time_point when) noexcept
{
    return when.time_since_epoch().count();
}

} // namespace latchkey::redis_layout
