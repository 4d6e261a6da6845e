// Real Redis servers that belong together: a primary with two replicas and three Sentinels, and a Cluster of
// three primaries with a replica each. All are children of the test, on free ports of the loopback interface,
// and end with their owner. What is slow to set up is meant to be shared by the tests of a process.
#pragma once

#include "storage/redis_topology.hpp"
#include "tests/support/redis_server.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace latchkey::test {

// Asks until it is true; throws after 20 s, saying what was waited for.
void wait_until(const std::string& what, const std::function<bool()>& is_true);

// What they ask of whoever speaks to them, and of each other.
struct topology_security {
    const certificate_files* certificates = nullptr; // set: all of them, Sentinels too, speak TLS only
    std::string password{};                          // of the servers that hold the data
    std::string sentinel_password{};
};

class sentinel_servers {
public:
    explicit sentinel_servers(topology_security security = {});

    std::string url() const; // as --store takes it
    redis_topology topology() const;

    // Whom the Sentinels name now.
    redis_server& primary();

    // Every replica that lives is in step with the primary, and holds all that this has.
    void wait_until_replicated();

    // As in the beginning: all live, and all Sentinels know all. A primary that was killed comes back as a
    // replica only when Sentinels are sure of it, which takes them longer than setting up others.
    bool is_whole();

    std::vector<std::unique_ptr<redis_server>>& data() noexcept { return data_; }

private:
    redis_server_options sentinel_options(const redis_server& primary) const;

    const topology_security security_;
    std::vector<std::unique_ptr<redis_server>> data_; // the primary of the beginning comes first
    std::vector<std::unique_ptr<redis_server>> sentinels_;
};

class cluster_servers {
public:
    explicit cluster_servers(topology_security security = {}); // Sentinels do not occur

    std::string url() const;
    redis_topology topology() const;

    // Empties it.
    void flush();

    redis_server& holder_of(std::uint16_t slot);
    std::vector<redis_server*> primaries();
    static std::string id_of(const redis_server& node);

    // Every replica holds all that its primary has.
    void wait_until_replicated();

    // Starts again what was killed, and waits until every primary has a replica and all agree.
    void heal();

    // A slot on its way: begun, its keys carried over one by one, ended.
    struct slot_move {
        redis_server& from;
        redis_server& to;
        std::uint16_t slot;
    };
    slot_move begin_move(std::uint16_t slot);
    static bool carry_key(const slot_move& move); // false: there was none left
    // Waits until all know the epoch in which the slot has its new place: a message that was under way from
    // the move before would otherwise take it back, and then nobody holds it.
    void end_move(const slot_move& move);

private:
    bool is_settled();

    const topology_security security_;
    std::vector<std::unique_ptr<redis_server>> nodes_; // the primaries of the beginning come first
};

// The shared ones, made when they are first asked for and when they are not fit any more.
sentinel_servers& shared_sentinel();
cluster_servers& shared_cluster();

} // namespace latchkey::test
