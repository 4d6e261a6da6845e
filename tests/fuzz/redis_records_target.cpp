// The records that lie in Redis, where anybody with its password can plant what he likes: whatever can be
// read must be written again as the same record.
#include "storage/hex_text.hpp"
#include "storage/redis_records.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <string>

namespace latchkey::fuzz {
namespace {

// No such list is ever written, and it has no form of its own.
bool has_empty_word(const key_rights& rights)
{
    const auto is_empty = [](const std::string& word) { return word.empty(); };
    return std::ranges::any_of(rights.scopes, is_empty) || std::ranges::any_of(rights.allow_list, is_empty);
}

// All but the stamp, which is compared as it stands and never looked into.
bool are_equal(const kept_key& one, const kept_key& other)
{
    const key_record& a = one.record;
    const key_record& b = other.record;
    return one.gone_at == other.gone_at && a.id == b.id && a.login == b.login && a.kind == b.kind &&
           a.owner_epoch == b.owner_epoch && a.secret_digest == b.secret_digest &&
           a.expires_at == b.expires_at && *a.rights == *b.rights && a.owner == b.owner &&
           a.created_at == b.created_at && a.lifetime == b.lifetime && a.name == b.name;
}

} // namespace

void play_redis_records(std::string_view input)
{
    static rights_cache rights;
    const key_id id = *key_id::parse("abcdefghij");
    if (const auto key = parse_key(id, input, rights)) {
        std::string text = to_hex(key->record.secret_digest);
        text += ' ';
        text += meta_text(*key);
        const auto again = parse_key(id, text, rights);
        MUST(has_empty_word(*key->record.rights) || (again && are_equal(*key, *again)));
    }
    if (const auto meta = parse_meta(id, input, rights)) {
        MUST(meta->record.secret_digest == digest{});
        const auto again = parse_meta(id, meta_text(*meta), rights);
        MUST(has_empty_word(*meta->record.rights) || (again && are_equal(*meta, *again)));
    }
    if (const auto one = parse_user(input)) {
        const auto again = parse_user(user_text(*one));
        MUST(again && user_text(*again) == user_text(*one));
    }
    const uuid owner = *parse_uuid("c42fdf75-3097-471c-8c33-fb52454d81c0");
    if (const auto standing = find_standing(input, owner)) {
        MUST(standing->owner.id == owner);
        const auto again = find_standing(standing_line(*standing), owner);
        MUST(again && again->owner == standing->owner && again->revision == standing->revision);
    }
}

} // namespace latchkey::fuzz
