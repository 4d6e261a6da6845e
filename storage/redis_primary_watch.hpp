// Which of the servers that Sentinels watch over is the primary, and the node to reach it by. Asks the
// Sentinels, one after the other, when it must know and then every second; believes an address once the
// server there says itself that it is the primary, and only for the connection over which it said so: a
// server that comes back may have become a replica, or have lost its data. Belongs to one io_context and is
// used on its thread only; made by std::make_shared, because its work shares it until it has ended.
#pragma once

#include "storage/redis_node.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

struct redis_sentinel_options {
    std::vector<redis_endpoint> sentinels;
    std::string service;
    redis_login login;              // of the servers that hold the data
    redis_address::transport via{}; // to those
    redis_replication replication{};
    std::chrono::milliseconds poll{1000};
};

// The reply to SENTINEL GET-MASTER-ADDR-BY-NAME. Nothing: the Sentinel knows no such service.
std::optional<redis_address> primary_in(const redis_reply& reply, redis_address::transport via);

// The reply to ROLE.
bool says_primary(const redis_reply& reply) noexcept;

class redis_primary_watch : public std::enable_shared_from_this<redis_primary_watch> {
public:
    redis_primary_watch(executor where,
                        redis_sentinel_options options,
                        redis_link_factory make_link,
                        redis_link_factory make_sentinel_link);
    redis_primary_watch(const redis_primary_watch&) = delete;
    redis_primary_watch& operator=(const redis_primary_watch&) = delete;

    // Null: there is none now. Said at once, except while the very first look lasts.
    static task<std::shared_ptr<redis_node>> primary(std::shared_ptr<redis_primary_watch> self);

    // It did not behave like a primary: it is left, and the Sentinels are asked at once.
    void leave(const std::shared_ptr<redis_node>& node, std::string why);

    void close();

    bool is_connected() const noexcept { return primary_ && primary_->is_connected(); }
    const std::string& problem() const noexcept { return problem_; }

private:
    void start();
    void drop(std::string why);

    static task<void> keep_watching(std::shared_ptr<redis_primary_watch> self);
    static task<bool> look(std::shared_ptr<redis_primary_watch> self);
    static task<std::optional<redis_address>> ask(std::shared_ptr<redis_primary_watch> self,
                                                  std::size_t sentinel);
    static task<bool> try_primary(std::shared_ptr<redis_primary_watch> self, redis_address address);

    executor where_;
    redis_sentinel_options options_;
    redis_link_factory make_link_;
    redis_link_factory make_sentinel_link_;

    std::vector<std::shared_ptr<redis_link>> sentinels_; // the one that answered last comes first
    std::shared_ptr<redis_node> primary_;
    std::shared_ptr<redis_node> candidate_; // while it is asked whether it is the primary
    std::string problem_;
    bool has_begun_ = false;
    bool is_closed_ = false;
    bool has_looked_ = false;
    redis_timer first_look_; // waits for ever, until it is cancelled
    redis_timer pause_;
    redis_backoff backoff_;
};

} // namespace latchkey
