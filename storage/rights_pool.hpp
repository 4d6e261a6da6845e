// One copy of each set of rights: a million keys have a handful of different ones. Owned by the memory
// table; every function may be called from every thread.
#pragma once

#include "storage/records.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <memory>
#include <mutex>

namespace latchkey {

class rights_pool {
public:
    // The shared copy equal to `rights`, which must not be null.
    std::shared_ptr<const key_rights> intern(std::shared_ptr<const key_rights> rights);

private:
    using shared_rights = std::shared_ptr<const key_rights>;

    struct content_hash {
        std::size_t operator()(const shared_rights& rights) const noexcept;
    };
    struct content_equal {
        bool operator()(const shared_rights& a, const shared_rights& b) const noexcept { return *a == *b; }
    };

    std::mutex mutex_;
    boost::unordered_flat_set<shared_rights, content_hash, content_equal> pool_;
    std::size_t clean_at_ = 1024;
};

} // namespace latchkey
