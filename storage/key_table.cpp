#include "storage/key_table.hpp"

namespace latchkey {

key_table::~key_table()
{
    for (stripe& part : stripes_) {
        for (key_entry* entry : part.entries)
            delete entry;
    }
}

void key_table::reserve(std::size_t keys)
{
    // Stripes fill unevenly: a little over the mean keeps nearly all of them from growing again.
    const std::size_t each = keys / stripe_count + keys / stripe_count / 10;
    for (stripe& part : stripes_) {
        const std::lock_guard hold{part.lock};
        part.entries.reserve(each);
    }
}

key_table::stripe& key_table::stripe_of(std::uint64_t hash) noexcept
{
    // The sets use the top bits for the place and the lowest byte as tag: the stripe comes from between.
    return stripes_[(hash >> 16) % stripe_count];
}

key_table::held key_table::find(const key_id& id) noexcept
{
    const hashed_id searched{id};
    stripe& part = stripe_of(searched.hash);
    held answer;
    answer.stripe = std::unique_lock{part.lock};
    answer.has_unwritten_uses = &part.has_unwritten_uses;
    const auto found = part.entries.find(searched);
    if (found != part.entries.end()) answer.entry = *found;
    return answer;
}

key_entry* key_table::insert(std::unique_ptr<key_entry> entry)
{
    const hashed_id searched{entry->record.id};
    stripe& part = stripe_of(searched.hash);
    const std::lock_guard hold{part.lock};
    if (part.entries.contains(searched)) return nullptr;
    part.entries.insert(entry.get());
    return entry.release();
}

void key_table::erase(held gone) noexcept
{
    stripe_of(hash_of(gone.entry->record.id)).entries.erase(gone.entry);
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
    for (key_entry* entry : part.entries) {
        if (!entry->use.is_unwritten) continue;
        uses.push_back({entry->row, entry->use.last});
        entry->use.is_unwritten = false;
    }
    part.has_unwritten_uses = false;
}

} // namespace latchkey
