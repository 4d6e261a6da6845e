#include "storage/rights_pool.hpp"

#include "storage/text_hash.hpp"

#include <boost/container_hash/hash.hpp>

#include <algorithm>
#include <cassert>

namespace latchkey {

std::size_t rights_pool::content_hash::operator()(const shared_rights& rights) const noexcept
{
    std::size_t hash = rights->scopes.size();
    for (const std::string& scope : rights->scopes)
        boost::hash_combine(hash, hash_of(scope));
    for (const std::string& allowed : rights->allow_list)
        boost::hash_combine(hash, hash_of(allowed));
    return hash;
}

std::shared_ptr<const key_rights> rights_pool::intern(std::shared_ptr<const key_rights> rights)
{
    assert(rights);
    const std::lock_guard hold{mutex_};
    if (pool_.size() >= clean_at_) {
        // Rights that only the pool still holds; doubling the mark keeps this constant per call on average.
        erase_if(pool_, [](const shared_rights& one) { return one.use_count() == 1; });
        clean_at_ = std::max<std::size_t>(1024, pool_.size() * 2);
    }
    return *pool_.insert(std::move(rights)).first;
}

} // namespace latchkey
