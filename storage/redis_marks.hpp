// When keys were last used and users last seen, as far as it is not in Redis yet: verification itself never
// writes (contract A17). A mark stays here until it is known to be written, so that whoever reads through
// this process sees it at once. Owned by the Redis store; every function may be called from every thread.
#pragma once

#include "storage/records.hpp"
#include "storage/text_hash.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/uuid/uuid_hash.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <utility>
#include <vector>

namespace latchkey {

class redis_marks {
public:
    using use = std::pair<key_id, time_point>;
    using sighting = std::pair<uuid, time_point>;

    // Earlier moments than the one that is known are passed over. A mark for which there is no memory is
    // lost.
    void record_use(const key_id& id, time_point when) noexcept;
    void record_seen(const uuid& id, time_point when) noexcept;

    // Epoch 0: none here.
    time_point last_use(const key_id& id) const;
    time_point last_seen(const uuid& id) const;

    std::vector<use> uses() const;
    std::vector<sighting> sightings() const;

    // Some of the uses: asked often enough, each is among them once an interval, and never are all of many
    // written at the same time. For whoever flushes.
    std::vector<use> uses_due(std::chrono::steady_clock::time_point now, std::chrono::milliseconds interval);

    // How often to ask.
    static std::chrono::microseconds turn(std::chrono::milliseconds interval) noexcept;

    // Written: forgotten, unless a later moment has come meanwhile.
    void settle(const use& written);
    void settle(const sighting& written);

    // One writes at a time. Whoever got true says end_flush() afterwards.
    bool begin_flush() noexcept { return !is_flushing_.exchange(true); }
    void end_flush() noexcept { is_flushing_.store(false); }

private:
    struct id_hash {
        using is_avalanching = void;
        std::size_t operator()(const key_id& id) const noexcept { return hash_of(id); }
    };

    template <class Id, class Hash>
    struct part {
        mutable std::mutex mutex;
        boost::unordered_flat_map<Id, time_point, Hash> marks;

        void raise(const Id& id, time_point when);
        time_point find(const Id& id) const;
        void append_to(std::vector<std::pair<Id, time_point>>& all) const;
        void settle(const std::pair<Id, time_point>& written);
    };

    using key_part = part<key_id, id_hash>;
    static constexpr std::size_t part_count = 64;

    static std::size_t part_of(const key_id& id) noexcept { return hash_of(id) >> 32 & (part_count - 1); }

    // Every verification of every shard comes by: many locks, so that they hardly ever meet.
    std::array<key_part, part_count> uses_;
    part<uuid, boost::hash<uuid>> sightings_;
    std::atomic<bool> is_flushing_{false};
    std::size_t next_due_ = 0; // part, of whoever flushes
    std::chrono::steady_clock::time_point due_until_ = std::chrono::steady_clock::now();
};

} // namespace latchkey
