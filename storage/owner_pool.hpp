// One copy of each owner's standing, for all the keys of his that a cache holds: as it was read last. What
// was read before lives on with the keys that it was read with. Owned by the cache; its thread.
#pragma once

#include "storage/store.hpp"

#include <boost/container_hash/hash.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <memory>

namespace latchkey {

class owner_pool {
public:
    using shared_standing = std::shared_ptr<const owner_standing>;

    struct interned {
        shared_standing standing;
        std::size_t bytes = 0; // 0: it was here already
    };

    // The shared copy equal to `read`. Throws bad_alloc.
    interned intern(const owner_standing& read);

    // Of those that no key holds any more, some are still counted.
    std::size_t size() const noexcept { return pool_.size(); }

private:
    struct id_hash {
        std::size_t operator()(const uuid& id) const noexcept;
    };

    void drop_unused() noexcept;

    boost::unordered_flat_map<uuid, std::weak_ptr<const owner_standing>, id_hash> pool_;
    std::size_t clean_at_ = 1024;
};

} // namespace latchkey
