#include "storage/memory_table.hpp"

#include "storage/token_search.hpp"

namespace latchkey {
namespace {

bool is_dropped(const key_entry& entry) noexcept
{
    return entry.record.owner_epoch != entry.owner->view().key_epoch;
}

key_record record_of(const key_entry& entry)
{
    return {entry.record, entry.owner->id};
}

// Call it with the stripe held.
key_found found(const key_entry& entry)
{
    return {{record_of(entry), entry.use.last, entry.owner->username}, entry.row};
}

} // namespace

memory_table::memory_table(microseconds retention) : retention_{retention} {}

// --- verification

key_lookup memory_table::lookup(const hashed_id& id) noexcept
{
    key_lookup answer;
    key_table::held key = keys_.find(id);
    if (!key || key.entry->is_pending) return answer;
    const owner_view owner = key.entry->owner->view();
    if (key.entry->record.owner_epoch != owner.key_epoch) return answer;
    answer.what = key_lookup::outcome::found;
    answer.key = &key.entry->record;
    answer.use = &key.entry->use;
    answer.has_unwritten_uses = key.has_unwritten_uses;
    answer.owner = owner;
    answer.hold = std::move(key.stripe);
    return answer;
}

void memory_table::record_seen(const uuid& id, time_point when) noexcept
{
    if (owner_state* const owner = users_.find(id)) owner->record_sighting(when);
}

// --- finding

memory_table::located memory_table::locate_any(const key_id& id)
{
    located answer;
    answer.key = keys_.find(id);
    if (!answer.key) return answer;

    // The owner comes first in the order of locks: let go of the stripe and look again.
    owner_state* const owner = answer.key.entry->owner;
    answer.key = {};
    answer.owner = std::unique_lock{owner->mutex};
    answer.key = keys_.find(id);
    if (answer.key && answer.key.entry->owner != owner) answer.key = {};
    return answer;
}

memory_table::located memory_table::locate(const key_id& id)
{
    located answer = locate_any(id);
    if (answer.key && (answer.key.entry->is_pending || is_dropped(*answer.key.entry))) answer.key = {};
    return answer;
}

bool memory_table::is_good(const key_id& id, const uuid& owner_id, time_point now)
{
    const located at = locate(id);
    if (!at.key || at.key.entry->record.expires_at <= now) return false;
    const owner_view owner = at.key.entry->owner->view();
    return owner.id == owner_id && !owner.is_deleted && owner.status == user_status::active;
}

result<key_found> memory_table::find_key(const key_id& id)
{
    const key_table::held key = keys_.find(id);
    if (!key || key.entry->is_pending || is_dropped(*key.entry)) return storage_errc::not_found;
    return found(*key.entry);
}

result<key_found> memory_table::find_key_by_name(const uuid& owner_id, std::string_view name)
{
    owner_state* const owner = users_.find(owner_id);
    if (owner == nullptr) return storage_errc::not_found;
    const std::lock_guard hold{owner->mutex};
    const auto named = owner->keys.tokens.find(name);
    if (named == owner->keys.tokens.end() || (*named)->is_pending) return storage_errc::not_found;
    const key_table::held key = keys_.find((*named)->record.id);
    return found(*key.entry);
}

result<key_with_owner> memory_table::find_with_owner(const key_id& id)
{
    const located at = locate(id);
    if (!at.key) return storage_errc::not_found;
    return key_with_owner{record_of(*at.key.entry), owner_standing::of(at.key.entry->owner->copy())};
}

std::unique_ptr<token_list> memory_table::list_tokens(key_query query)
{
    return std::make_unique<token_search>(*this, keys_, users_, std::move(query));
}

std::vector<key_listing> memory_table::list_all_keys(const uuid& owner_id)
{
    std::vector<key_listing> listed;
    owner_state* const owner = users_.find(owner_id);
    if (owner == nullptr) return listed;
    const std::lock_guard hold{owner->mutex};
    const auto add = [&](const key_entry* entry) {
        if (entry->is_pending) return;
        const key_table::held key = keys_.find(entry->record.id);
        listed.push_back(found(*key.entry).listing);
    };
    for (const key_entry* entry : owner->keys.tokens)
        add(entry);
    for (const key_entry* entry : owner->keys.others)
        add(entry);
    return listed;
}

// --- changing keys

result<key_creation> memory_table::begin_insert(key_record key)
{
    owner_state* const owner = users_.find(key.owner);
    if (owner == nullptr) return storage_errc::owner_gone;
    key.rights = rights_.intern(std::move(key.rights));

    const std::lock_guard hold{owner->mutex};
    if (!owner->is_visible()) return storage_errc::owner_gone;
    const bool is_token = key.login == login_type::token;
    if (is_token && owner->keys.tokens.contains(key.name.view())) return storage_errc::name_taken;

    key.owner_epoch = owner->current().key_epoch;
    auto entry = std::make_unique<key_entry>();
    entry->record = key;
    entry->owner = owner;
    entry->row = ++last_key_row_;
    const row_number row = entry->row;
    key_entry* const inserted = keys_.insert(std::move(entry));
    if (inserted == nullptr) return storage_errc::id_taken;
    owner->keys.insert(inserted);
    return key_creation{row, owner->row, std::move(key)};
}

void memory_table::commit_insert(const key_creation& created)
{
    {
        // Gone already if its epoch was dropped meanwhile and the sweep came by.
        const located at = locate_any(created.key.id);
        if (!at.key || at.key.entry->row != created.row) return;
        at.key.entry->is_pending = false;
    }
    schedule(created.key);
}

void memory_table::withdraw_insert(const key_creation& created)
{
    located at = locate_any(created.key.id);
    if (!at.key || at.key.entry->row != created.row) return;
    if (is_dropped(*at.key.entry)) return; // lies on a pile of dropped keys: the sweep ends it
    drop(std::move(at));
}

result<key_found> memory_table::remove(const key_id& id)
{
    located at = locate(id);
    if (!at.key) return storage_errc::not_found;
    key_found removed = found(*at.key.entry);
    drop(std::move(at));
    return removed;
}

void memory_table::drop(located gone)
{
    gone.key.entry->owner->keys.erase(gone.key.entry);
    keys_.erase(std::move(gone.key));
}

result<key_expired> memory_table::expire(const key_id& id, time_point now)
{
    const located at = locate(id);
    if (!at.key) return storage_errc::not_found;
    key_facts& key = at.key.entry->record;
    key_expired expired;
    expired.answer.previous_expiry = key.expires_at;
    if (key.expires_at > now) {
        expired.answer.changed = true;
        key.expires_at = now;
        // Memory keeps the hash until the sweep, to tell a wrong secret from one that has expired
        // (contract 3.2).
        expired.change = key_wipe{at.key.entry->row, now};
        schedule(key);
    }
    expired.answer.key = record_of(*at.key.entry);
    return expired;
}

result<memory_table::extension> memory_table::begin_extend(const key_id& id, time_point until, time_point now)
{
    const located at = locate(id);
    if (!at.key) return storage_errc::not_found;
    key_facts& key = at.key.entry->record;
    if (key.expires_at <= now || key.expires_at == until) return extension{};
    if (until > key.expires_at) {
        return extension{key_extension{at.key.entry->row, id, key.expires_at, until}, std::nullopt};
    }
    key.expires_at = until;
    schedule(key);
    return extension{std::nullopt, key_expiry{at.key.entry->row, until}};
}

void memory_table::commit_extend(const key_extension& change)
{
    const located at = locate(change.id);
    if (!at.key || at.key.entry->row != change.row) return;
    key_facts& key = at.key.entry->record;
    // Expired by somebody, or by time, while the extension was on its way: that stands.
    if (key.expires_at < change.from || key.kind == digest_kind::wiped) return;
    key.expires_at = std::max(key.expires_at, change.until);
    schedule(key);
}

// --- time

time_point memory_table::next_date(const key_facts& key) const noexcept
{
    if (key.kind != digest_kind::wiped) return key.expires_at;
    if (retention_ <= retention_.zero() || key.expires_at > time_point::max() - retention_) {
        return time_point::max();
    }
    return key.expires_at + retention_;
}

void memory_table::schedule(const key_facts& key)
{
    calendar_.schedule(next_date(key), key.id);
}

void memory_table::plan(time_point now)
{
    const auto window = calendar_.open_window(now);
    if (!window) return;
    for (std::size_t stripe = 0; stripe < key_table::stripe_count; ++stripe) {
        keys_.visit_stripe(stripe, [&](const key_entry& entry) {
            const time_point next = next_date(entry.record);
            if (window->holds(next)) calendar_.add(next, entry.record.id);
        });
    }
}

key_census memory_table::count_keys(time_point now)
{
    key_census counted;
    const time_point soon = now + key_census::ending_span;
    for (std::size_t stripe = 0; stripe < key_table::stripe_count; ++stripe) {
        keys_.visit_stripe(stripe, [&](const key_entry& entry) {
            const owner_view owner = entry.owner->view();
            const key_facts& key = entry.record;
            if (entry.is_pending || owner.is_deleted || key.owner_epoch != owner.key_epoch) return;
            key_state state = owner.status == user_status::active ? key_state::active : key_state::suspended;
            if (key.expires_at <= now) state = key_state::expired;
            const bool is_token = key.login == login_type::token;
            ++(is_token ? counted.tokens : counted.sessions)[static_cast<std::size_t>(state)];
            if (is_token && state == key_state::active && key.expires_at <= soon) ++counted.ending_tokens;
        });
    }
    return counted;
}

sweep_result memory_table::sweep(time_point now, std::size_t limit)
{
    sweep_result swept;
    sweep_dropped(limit, swept);
    for (std::size_t looked_at = swept.removed.size(); looked_at < limit; ++looked_at) {
        const auto id = calendar_.take_due(now);
        if (!id) return swept;
        sweep_due(*id, now, swept);
    }
    swept.is_finished = false;
    return swept;
}

void memory_table::sweep_dropped(std::size_t limit, sweep_result& swept)
{
    for (const key_id& id : dropped_.take(limit)) {
        located at = locate_any(id);
        if (!at.key || !is_dropped(*at.key.entry)) continue;
        swept.removed.push_back({at.key.entry->row});
        keys_.erase(std::move(at.key)); // its owner's index does not hold it any more
    }
}

void memory_table::sweep_due(const key_id& id, time_point now, sweep_result& swept)
{
    located at = locate(id);
    if (!at.key) return;
    key_facts& key = at.key.entry->record;
    if (next_date(key) <= now && key.kind != digest_kind::wiped) {
        key.secret_digest.fill(0);
        key.kind = digest_kind::wiped;
        swept.wiped.push_back({at.key.entry->row, key.expires_at});
    }
    if (next_date(key) <= now) {
        swept.removed.push_back({at.key.entry->row});
        drop(std::move(at));
    } else {
        schedule(key);
    }
}

void memory_table::take_unwritten_uses(std::size_t stripe, std::vector<key_use>& uses)
{
    keys_.take_unwritten_uses(stripe, uses);
}

// --- loading

std::shared_ptr<const key_rights> memory_table::intern(std::shared_ptr<const key_rights> rights)
{
    return rights_.intern(std::move(rights));
}

result<bool> memory_table::load_key(owner_state& owner, key_record key, time_point last_used, row_number row)
{
    last_key_row_ = std::max(last_key_row_.load(), row);
    if (key.owner_epoch != owner.current().key_epoch) return false;
    const bool is_token = key.login == login_type::token;
    if (is_token && owner.keys.tokens.contains(key.name.view())) return storage_errc::name_taken;
    auto entry = std::make_unique<key_entry>();
    entry->record = std::move(key);
    entry->owner = &owner;
    entry->row = row;
    entry->use.last = last_used;
    entry->is_pending = false;
    key_entry* const inserted = keys_.insert(std::move(entry));
    if (inserted == nullptr) return storage_errc::id_taken;
    owner.keys.insert(inserted);
    return true;
}

} // namespace latchkey
