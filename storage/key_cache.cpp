#include "storage/key_cache.hpp"

#include "storage/heap_bytes.hpp"
#include "storage/key_entry_memory.hpp"
#include "storage/redis_layout.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace latchkey {
namespace {

// What an entry costs beside itself and its texts: its places in the index and in the ring, which are at
// least three eighths and half full.
constexpr std::size_t bytes_beside_an_entry = 3 * sizeof(void*) + 2 * sizeof(void*);

// An eighth for absent keys, so that a flood of guesses cannot push out what is good.
constexpr std::size_t absent_share = 8;
constexpr std::size_t absent_bytes = 2 * (sizeof(key_id) + 6 + sizeof(lease_pointer) + 8 + 1);

// The hand ends its search here, at an entry that was used lately: approximate, but never long.
constexpr int most_passed = 64;

// And a part for users: a few thousand of the default size, who are all read again when it is full.
constexpr std::size_t user_share = 32;

constexpr std::size_t tended_at_once = 4096;

// Rights are shared by all keys that have the same ones. Whoever is the first to keep them bears them: beside
// the record that was read and the copy of it, only the reader's own table knows them then.
std::size_t bytes_of_rights(const std::shared_ptr<const key_rights>& rights) noexcept
{
    constexpr long known_to_nobody_else = 3;
    if (rights == nullptr || rights.use_count() > known_to_nobody_else) return 0;
    std::size_t bytes = sizeof(key_rights) + 32;
    for (const auto* texts : {&rights->scopes, &rights->allow_list}) {
        for (const std::string& text : *texts)
            bytes += sizeof(std::string) + heap_bytes(text);
    }
    return bytes;
}

} // namespace

// What a hit reads comes first, in two cache lines.
struct alignas(key_entry_memory::alignment) key_cache::entry {
    lease_pointer lease;
    std::uint32_t changes = 0;
    bool is_recent = false; // used since the hand passed
    use_mark use;
    std::shared_ptr<const owner_standing> owner;
    key_record record;
    std::size_t place = 0; // in the ring
    std::size_t bytes = 0;

    static void* operator new(std::size_t, std::align_val_t) { return key_entry_slots<sizeof(entry)>.take(); }
    static void operator delete(void* gone, std::align_val_t) noexcept
    {
        key_entry_slots<sizeof(entry)>.give_back(gone);
    }
};

key_cache::key_cache(std::size_t most_bytes,
                     std::shared_ptr<own_changes> changes,
                     std::shared_ptr<redis_marks> marks)
    : most_bytes_{most_bytes - most_bytes / absent_share - most_bytes / user_share},
      most_absent_{most_bytes / absent_share / absent_bytes / 2},
      changes_{std::move(changes)},
      marks_{std::move(marks)},
      users_{most_bytes / user_share, changes_}
{}

key_cache::~key_cache()
{
    for (const auto& one : ring_)
        hand_over_use(*one);
}

// --- looking up

key_lookup key_cache::lookup(const hashed_id& id, time now, revision least) noexcept
{
    key_lookup answer;
    if (entry* const found = entries_.find(id)) {
        entry& one = *found;
        if (one.changes == changes_of(id) && one.lease->covers(now, least)) {
            one.is_recent = true;
            answer.what = key_lookup::outcome::found;
            answer.key = &one.record;
            answer.owner = one.owner->view();
            answer.use = &one.use;
            answer.has_unwritten_uses = &has_unwritten_uses_;
            hits_.add(1);
            return answer;
        }
    } else if (is_absent(id, now, least)) {
        answer.what = key_lookup::outcome::absent;
        hits_.add(1);
        return answer;
    }
    answer.what = key_lookup::outcome::ask;
    misses_.add(1);
    return answer;
}

void key_cache::expect(const hashed_id& id, lookup_comes when) const noexcept
{
    if (when == lookup_comes::later)
        key_slots<entry>::expect(entries_.place(), id.hash());
    else
        entries_.expect_entry(id.hash());
}

bool key_cache::is_absent(const hashed_id& id, time now, revision least) noexcept
{
    for (const absences* table : {&young_, &old_}) {
        const auto found = table->find(id.id());
        if (found == table->end()) continue;
        return found->second.changes == changes_of(id) && found->second.lease->covers(now, least);
    }
    return false;
}

time_point key_cache::last_use(const key_id& id) const noexcept
{
    const entry* const found = entries_.find(id);
    return found != nullptr && found->use.is_unwritten ? found->use.last : time_point{};
}

// --- reading

key_cache::ticket key_cache::claim(const key_id& id) noexcept
{
    try {
        const auto [place, is_new] = claims_.try_emplace(id);
        if (!is_new) return 0;
        place->second = {++last_ticket_, changes_of(id)};
        return last_ticket_;
    } catch (const std::bad_alloc&) {
        return 0;
    }
}

void key_cache::give_up(const key_id& id, ticket claimed) noexcept
{
    const auto found = claims_.find(id);
    if (claimed != 0 && found != claims_.end() && found->second.number == claimed) claims_.erase(found);
}

// The count of changes from before the read; an entry must bear that one, because another shard may count a
// change at any moment. Nothing: the reply must not be kept.
std::optional<std::uint32_t>
key_cache::use_up(const hashed_id& id, ticket claimed, const lease_pointer& lease) noexcept
{
    const auto found = claims_.find(id.id());
    if (claimed == 0 || found == claims_.end() || found->second.number != claimed) return std::nullopt;
    const std::uint32_t changes = found->second.changes;
    claims_.erase(found);
    if (changes != changes_of(id) || lease == nullptr || lease->is_lost()) return std::nullopt;
    return changes;
}

void key_cache::keep(const key_id& id,
                     ticket claimed,
                     const key_with_owner& read,
                     lease_pointer lease) noexcept
{
    const auto changes = use_up(id, claimed, lease);
    if (!changes) return;
    try {
        put(read, std::move(lease), *changes);
    } catch (const std::bad_alloc&) {
        erase(id); // what is kept of it is older
    }
    count_entries();
}

void key_cache::put(const key_with_owner& read, lease_pointer lease, std::uint32_t changes)
{
    young_.erase(read.key.id);
    old_.erase(read.key.id);
    auto made = std::make_unique<entry>();
    made->record = read.key;
    const auto [owner, bytes_of_owner] = owners_.intern(read.owner);
    made->owner = owner;
    made->lease = std::move(lease);
    made->changes = changes;
    made->bytes = sizeof(entry) + bytes_beside_an_entry + heap_bytes(made->record.name) + bytes_of_owner +
                  bytes_of_rights(made->record.rights);
    erase(read.key.id);
    make_room(made->bytes);
    if (bytes_ + made->bytes > most_bytes_) return;
    made->place = ring_.size();
    ring_.reserve(ring_.size() == ring_.capacity() ? 2 * ring_.size() + 16
                                                   : 0); // so that nothing fails below
    entries_.insert(*made);
    bytes_ += made->bytes;
    ring_.push_back(std::move(made));
}

void key_cache::keep_absent(const key_id& id, ticket claimed, lease_pointer lease) noexcept
{
    const auto changes = use_up(id, claimed, lease);
    if (!changes) return;
    erase(id);
    if (most_absent_ == 0) return;
    try {
        if (young_.size() >= most_absent_) {
            old_.swap(young_);
            young_.clear();
        }
        old_.erase(id);
        young_.insert_or_assign(id, absence{std::move(lease), *changes});
    } catch (const std::bad_alloc&) {
        young_.erase(id);
    }
    count_entries();
}

// --- forgetting

void key_cache::forget(std::string_view redis_key) noexcept
{
    invalidations_.add(1);
    const redis_layout::subject about = redis_layout::subject_of(redis_key);
    if (!about.owners_of.empty()) changes_->note_owners(about.owners_of);
    if (redis_key == redis_layout::user_records) users_.forget_all();
    if (!about.key) return;
    claims_.erase(*about.key);
    young_.erase(*about.key);
    old_.erase(*about.key);
    erase(*about.key);
    count_entries();
}

void key_cache::forget_all() noexcept
{
    invalidations_.add(1);
    ++era_;
    users_.forget_all();
}

void key_cache::note_lease_end() noexcept
{
    lease_losses_.add(1);
}

bool key_cache::is_lost(const entry& one) const noexcept
{
    return one.lease->is_lost() || one.changes != changes_of(one.record.id);
}

void key_cache::make_room(std::size_t bytes) noexcept
{
    int passed = 0;
    while (!ring_.empty() && bytes_ + bytes > most_bytes_) {
        if (hand_ >= ring_.size()) hand_ = 0;
        entry* const one = ring_[hand_].get();
        const bool is_spared = one->is_recent && !is_lost(*one) && ++passed < most_passed;
        one->is_recent = false;
        if (!is_spared) erase(one); // the newest takes its place, and has a whole round before it
        ++hand_;
    }
}

void key_cache::erase(const key_id& id) noexcept
{
    if (entry* const found = entries_.find(id)) erase(found);
}

void key_cache::erase(entry* one) noexcept
{
    hand_over_use(*one);
    entries_.erase(*one);
    bytes_ -= one->bytes;
    const std::size_t place = one->place;
    if (place + 1 != ring_.size()) {
        ring_.back()->place = place;
        ring_[place].swap(ring_.back());
        hand_over_use(*ring_[place]); // it may have come to a part that has been tended already
    }
    ring_.pop_back();
}

// --- marks of use

void key_cache::hand_over_use(entry& one) noexcept
{
    if (std::exchange(one.use.is_unwritten, false)) marks_->record_use(one.record.id, one.use.last);
}

bool key_cache::tend_a_part(time_point now) noexcept
{
    if (tended_ == 0) has_unwritten_uses_ = false;
    const std::size_t end = std::min(ring_.size(), tended_ + tended_at_once);
    while (tended_ < end && tended_ < ring_.size()) {
        entry& one = *ring_[tended_];
        hand_over_use(one);
        const bool has_outlived = one.record.kind != digest_kind::wiped && one.record.expires_at <= now;
        if (has_outlived)
            erase(&one);
        else
            ++tended_;
    }
    count_entries();
    if (tended_ < ring_.size()) return true;
    tended_ = 0;
    return false;
}

void key_cache::hand_over_uses() noexcept
{
    if (!std::exchange(has_unwritten_uses_, false)) return;
    for (const auto& one : ring_)
        hand_over_use(*one);
}

// --- figures

void key_cache::count_entries() noexcept
{
    const std::size_t absent = young_.size() + old_.size();
    entry_count_.set(ring_.size() + absent);
    byte_count_.set(bytes_ + absent * absent_bytes + users_.bytes());
}

void key_cache::add_to(cache_figures& sum) const noexcept
{
    sum.hits += hits_.get();
    sum.misses += misses_.get();
    sum.invalidations += invalidations_.get();
    sum.lease_losses += lease_losses_.get();
    sum.entries += entry_count_.get();
    sum.bytes += byte_count_.get();
}

} // namespace latchkey
