// A table of cached keys with a lease, at a time that the test says; no socket.
#pragma once

#include "storage/key_cache.hpp"
#include "storage/redis_layout.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sample_records.hpp"

#include <memory>
#include <string>

namespace latchkey::test {

using namespace std::chrono_literals;
using outcome = key_lookup::outcome;

inline key_id id_of(std::uint32_t number)
{
    return sample_key_id(number);
}

struct cache_fixture {
    explicit cache_fixture(std::size_t bytes = 1'000'000) : cache{bytes, changes, marks}
    {
        lease->extend(now, 100ms);
    }

    static key_with_owner record(std::uint32_t number)
    {
        key_with_owner read;
        read.key = sample_token(number, sample_uuid(1), time_point{1000s});
        read.owner.id = sample_uuid(1);
        read.owner.username = "alice";
        return read;
    }

    // As a read whose reply comes at once.
    void keep(std::uint32_t number)
    {
        cache.keep(id_of(number), cache.claim(id_of(number)), record(number), lease);
    }
    void keep_absent(std::uint32_t number)
    {
        cache.keep_absent(id_of(number), cache.claim(id_of(number)), lease);
    }

    outcome look(std::uint32_t number) { return cache.lookup(id_of(number), now).what; }

    cache_figures figures() const
    {
        cache_figures sum;
        cache.add_to(sum);
        return sum;
    }

    redis_lease::clock::time_point now = redis_lease::clock::time_point{1h};
    std::shared_ptr<redis_lease> lease = std::make_shared<redis_lease>();
    std::shared_ptr<own_changes> changes = std::make_shared<own_changes>();
    std::shared_ptr<redis_marks> marks = std::make_shared<redis_marks>();
    key_cache cache;
};

inline std::string key_name(std::uint32_t number)
{
    return redis_layout::key(id_of(number));
}

inline std::string owners_name(std::uint32_t number)
{
    return redis_layout::owners(redis_layout::tag_of(id_of(number)));
}

} // namespace latchkey::test
