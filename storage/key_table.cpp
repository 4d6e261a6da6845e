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
        const std::lock_guard hold{part.mutex};
        part.entries.reserve(each);
    }
}

key_table::stripe& key_table::stripe_of(const key_id& id) noexcept
{
    // The sets use the top bits for the place and the lowest byte as tag: the stripe comes from between.
    return stripes_[(hash_of(id) >> 16) % stripe_count];
}

key_table::held key_table::find(const key_id& id) noexcept
{
    stripe& part = stripe_of(id);
    held answer;
    answer.stripe = std::unique_lock{part.mutex};
    answer.has_unwritten_uses = &part.has_unwritten_uses;
    const auto found = part.entries.find(id);
    if (found != part.entries.end()) answer.entry = *found;
    return answer;
}

key_entry* key_table::insert(std::unique_ptr<key_entry> entry)
{
    stripe& part = stripe_of(entry->record.id);
    const std::lock_guard hold{part.mutex};
    if (part.entries.contains(entry->record.id)) return nullptr;
    part.entries.insert(entry.get());
    return entry.release();
}

void key_table::erase(held gone) noexcept
{
    stripe_of(gone.entry->record.id).entries.erase(gone.entry);
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
    const std::lock_guard hold{part.mutex};
    if (!part.has_unwritten_uses) return;
    for (key_entry* entry : part.entries) {
        if (!entry->use.is_unwritten) continue;
        uses.push_back({entry->row, entry->use.last});
        entry->use.is_unwritten = false;
    }
    part.has_unwritten_uses = false;
}

} // namespace latchkey
