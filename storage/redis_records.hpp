// The text forms of what the Redis store keeps. Pure functions, any thread, except that a rights_cache
// belongs to one io_context.
//
//     meta   <owner> <epoch> <end of retention> <stamp> <expiry> <created> <lifetime> <login> <kind>
//            <scopes> <allow list> <name>
//     key    <digest in hex> and then as meta
//     owners a line for each: <owner> <epoch> <revision> <a|s> <username>
//
// Instants are microseconds, lifetimes seconds. The stamp is drawn at random where a record is made, so
// that a retry of that knows its own work from somebody else's. The scripts (redis_scripts.cpp) read the
// first four fields of meta, and whole lines of owners.
#pragma once

#include "storage/records.hpp"
#include "storage/store.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

// A key as it lies in Redis.
struct kept_key {
    key_record record; // wiped, unless it was read from a `key`
    time_point gone_at;
    std::string stamp;
};

// One copy of each set of rights: nearly all keys have the same few. Of one io_context.
class rights_cache {
public:
    // `raw`: the two fields of a record, with the space between them.
    std::shared_ptr<const key_rights> get(std::string_view raw);

private:
    static constexpr std::size_t most = 1024;

    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept;
    };

    boost::unordered_flat_map<std::string, std::shared_ptr<const key_rights>, text_hash, std::equal_to<>>
        known_;
};

// What follows the epoch in a record.
std::string record_tail(const kept_key& key);
std::string meta_text(const kept_key& key);

// Nothing when the text is none of ours: then the key is as good as lost.
std::optional<kept_key> parse_meta(const key_id& id, std::string_view text, rights_cache& rights);
std::optional<kept_key> parse_key(const key_id& id, std::string_view text, rights_cache& rights);

// --- owners

struct kept_standing {
    owner_standing owner;
    std::int64_t revision = 0; // of the user record that it follows
};

std::string_view status_letter(user_status status) noexcept;
std::string standing_line(const kept_standing& one);
std::optional<kept_standing> find_standing(std::string_view owners, const uuid& owner);

// --- users

struct kept_user {
    user record; // last_seen_at lies elsewhere
    std::int64_t revision = 0;
    std::string stamp;
};

std::string user_text(const kept_user& one);
std::optional<kept_user> parse_user(std::string_view text);

} // namespace latchkey
