#include "storage/key_table.hpp"

namespace latchkey {

key_table::~key_table()
{
    for (stripe& part : stripes_) {
        part.entries.visit([](key_entry& entry) { delete &entry; });
    }
}

void key_table::reserve(std::size_t keys)
{
    // Stripes fill unevenly: a little over the mean keeps nearly all of them from growing again.
    const std::size_t each = keys / stripe_count + keys / stripe_count / 10;
    for (std::size_t index = 0; index < stripe_count; ++index) {
        stripe& part = stripes_[index];
        const std::lock_guard hold{part.lock};
        part.entries.reserve(each);
        places_[index].store(part.entries.place(), std::memory_order_relaxed);
    }
}

std::size_t key_table::stripe_index(std::uint64_t hash) noexcept
{
    // The slots use the upper half for the place and the lowest 16 bits as tag: the stripe comes from
    // between.
    return (hash >> 16) % stripe_count;
}

key_table::held key_table::find(const hashed_id& id) noexcept
{
    stripe& part = stripe_of(id.hash());
    held answer;
    answer.stripe = std::unique_lock{part.lock};
    answer.has_unwritten_uses = &part.has_unwritten_uses;
    answer.entry = part.entries.find(id);
    return answer;
}

void key_table::expect(const hashed_id& id, lookup_comes when) noexcept
{
    const std::size_t index = stripe_index(id.hash());
    stripe& part = stripes_[index];
    if (when == lookup_comes::later) {
        __builtin_prefetch(&part, 1); // to be written to: its lock
        key_slots<key_entry>::expect(places_[index].load(std::memory_order_relaxed), id.hash());
        return;
    }
    const std::unique_lock hold{part.lock, std::try_to_lock};
    if (hold) part.entries.expect_entry(id.hash());
}

key_entry* key_table::insert(std::unique_ptr<key_entry> entry)
{
    const hashed_id searched{entry->record.id};
    const std::size_t index = stripe_index(searched.hash());
    stripe& part = stripes_[index];
    const std::lock_guard hold{part.lock};
    if (part.entries.find(searched) != nullptr) return nullptr;
    part.entries.insert(*entry);
    places_[index].store(part.entries.place(), std::memory_order_relaxed);
    return entry.release();
}

void key_table::erase(held gone) noexcept
{
    stripe_of(hash_of(gone.entry->record.id)).entries.erase(*gone.entry);
    delete gone.entry;
}

void key_table::record_use(const key_id& id, time_point when) noexcept
{
    held key = find(id);
    if (!key) return;
    key_lookup found;
    found.use = &key.entry->use;
    found.has_unwritten_uses = key.has_unwritten_uses;
    found.record_use(when);
}

void key_table::take_unwritten_uses(std::size_t index, std::vector<key_use>& uses)
{
    stripe& part = stripes_[index];
    const std::lock_guard hold{part.lock};
    if (!part.has_unwritten_uses) return;
    part.entries.visit([&](key_entry& entry) {
        if (!entry.use.is_unwritten) return;
        uses.push_back({entry.row, entry.use.last});
        entry.use.is_unwritten = false;
    });
    part.has_unwritten_uses = false;
}

} // namespace latchkey
