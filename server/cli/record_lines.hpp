// The file of `latchkey export` and `latchkey import`: JSON Lines, one record each.
//
//     {"latchkey":{"export":1,"at":"2026-11-27T17:38:49Z","id_tag_key":"<32 hex digits>"}}
//     {"user":{"id":…,"username":…,"email":…,"password_hash":"$argon2id$…",…}}
//     {"key":{"id":…,"hash":"<64 hex digits>","hash_kind":"sha256","owner":…,"expires_at":…,…}}
//     {"end":{"users":3,"keys":100000}}
//
// Files written by hand, or by a script over another system's tables, need neither the first line nor the
// last and of a record only what has no default: a user's username and email; a key's owner (an id, a
// username or an email address), `expires_at` or `lifetime`, and `token`, or `id` and `hash`. Pure functions,
// any thread.
#pragma once

#include "auth/checked.hpp"
#include "auth/pepper.hpp"
#include "storage/records.hpp"
#include "storage/siphash.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace latchkey::cli {

struct export_header {
    time_point at;
    std::optional<siphash_key> id_tag_key; // storage/id_tag.hpp
};

struct key_line {
    key_record key;            // without `owner`
    std::string owner;         // as the file names it
    time_point last_used;      // epoch 0: never
    bool is_name_made = false; // the file has none: another will do as well
};

struct export_end {
    std::uint64_t users = 0;
    std::uint64_t keys = 0;
};

using record_line = std::variant<export_header, user, key_line, export_end>;

// With the newline.
std::string header_line(const export_header& header);
std::string user_line(const user& one);
std::string key_line_of(const key_listing& listing);
std::string end_line(const export_end& end);

// `now` is when what has no `created_at` was made; plain tokens are hashed under `peppers`. Fault: what is
// wrong, without any value of the line.
[[nodiscard]] checked<record_line>
parse_record_line(std::string_view text, time_point now, const pepper_set& peppers);

} // namespace latchkey::cli
