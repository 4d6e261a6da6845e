// The nodes of a Redis Cluster and who holds which slot: keeps the map true, by CLUSTER SLOTS from any node
// that answers, when somebody found it wrong and every second, and keeps a node's links while the map names
// it. Belongs to one io_context and is used on its thread only; made by std::make_shared, because its work
// shares it until it has ended.
#pragma once

#include "storage/redis_node.hpp"
#include "storage/redis_slots.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

struct redis_cluster_options {
    std::vector<redis_endpoint> seeds; // nodes to begin with; the first that answers names all others
    redis_login login;                 // of every node
    redis_replication replication{};
    std::chrono::milliseconds poll{1000};
    std::chrono::milliseconds command_deadline{1000}; // over all redirections
    std::shared_ptr<redis_tracker> tracker{};         // hears when slots lie elsewhere; null: nobody
};

class redis_cluster_nodes : public std::enable_shared_from_this<redis_cluster_nodes> {
public:
    using node_pointer = std::shared_ptr<redis_node>;

    redis_cluster_nodes(executor where, redis_cluster_options options, redis_link_factory make_link);
    redis_cluster_nodes(const redis_cluster_nodes&) = delete;
    redis_cluster_nodes& operator=(const redis_cluster_nodes&) = delete;

    // Waits while the very first reading of the map lasts.
    static task<void> be_ready(std::shared_ptr<redis_cluster_nodes> self);

    // Null: nobody, as far as is known.
    node_pointer holder_of(std::uint16_t slot);
    node_pointer any_primary();
    std::vector<node_pointer> primaries();

    // The node at an address that a redirection named.
    node_pointer node_at(const redis_address& address);

    // MOVED: the slot lies there.
    void move(std::uint16_t slot, const redis_address& to);

    // The map is read again soon.
    void want_map();

    void close();

    executor where() const noexcept { return where_; }
    const redis_cluster_options& options() const noexcept { return options_; }
    bool is_closed() const noexcept { return is_closed_; }
    bool is_connected() const;
    std::string problem() const;

private:
    struct entry {
        node_pointer node;
        std::chrono::steady_clock::time_point
            needed_until; // by redirections, though the map does not name it
    };

    void start();
    void adopt(redis_slot_map map);
    void forget_what_was_read();
    const entry* find(const redis_address& address) const;
    entry& find_or_make(const redis_address& address);
    std::vector<node_pointer> to_be_asked();

    static task<void> keep_map(std::shared_ptr<redis_cluster_nodes> self);
    static task<bool> read_map(std::shared_ptr<redis_cluster_nodes> self);

    executor where_;
    redis_cluster_options options_;
    redis_link_factory make_link_;

    redis_slot_map map_;
    std::vector<entry> nodes_;
    std::size_t turn_ =
        0; // who is asked for the map first, so that one that knows old things is not for ever
    std::string problem_;
    bool has_begun_ = false;
    bool is_closed_ = false;
    bool has_looked_ = false;
    bool has_map_ = false;
    bool is_wanted_ = false;
    redis_timer first_look_; // waits for ever, until it is cancelled
    redis_timer pause_;
    bool may_be_woken_ = false; // the pause is the long one
    redis_backoff backoff_;
};

} // namespace latchkey
