#include "auth/key_minting.hpp"

#include "auth/token.hpp"

namespace latchkey {
namespace {

// 62^10 ids: a second draw is rare already with all the keys of the world, more say the store is broken.
constexpr int most_draws = 4;

} // namespace

key_record draft_key(uuid owner, login_type login, key_rights rights, time_point now, nanoseconds lifetime)
{
    key_record draft;
    draft.owner = owner;
    draft.login = login;
    draft.created_at = now;
    draft.expires_at = now + std::chrono::floor<microseconds>(lifetime);
    draft.lifetime = std::chrono::floor<std::chrono::seconds>(lifetime);
    draft.rights = std::make_shared<const key_rights>(std::move(rights));
    return draft;
}

key_rights unrestricted_rights()
{
    return {{"coder:all"}, {"*:*"}};
}

made_key make_key(const store& records, const pepper_set& peppers, key_record draft)
{
    const minted_token minted = mint_token(records.id_prefix(draft.owner));
    draft.id = minted.id;
    draft.kind = peppers.current_kind();
    draft.secret_digest = peppers.hash(minted.secret.expose());
    return {std::move(draft), print_token(minted.id, minted.secret)};
}

task<result<secret_text>>
mint_key(store& records, const pepper_set& peppers, key_record draft, std::optional<key_id> creator)
{
    result<void> inserted = error_code{storage_errc::id_taken};
    for (int draw = 0; draw < most_draws; ++draw) {
        made_key made = make_key(records, peppers, draft);
        auto inserting = creator ? records.insert_key_by(*creator, std::move(made.record))
                                 : records.insert_key(std::move(made.record));
        inserted = co_await std::move(inserting);
        if (inserted) co_return std::move(made.token);
        if (inserted.error() != storage_errc::id_taken) break;
    }
    co_return inserted.error();
}

task<void> unmint_key(store& records, secret_text token)
{
    const std::optional<key_id> id = key_id::parse(parse_token(token.expose()).id);
    if (id) static_cast<void>(co_await records.delete_key(*id));
}

} // namespace latchkey
