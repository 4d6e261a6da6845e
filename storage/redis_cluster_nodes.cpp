#include "storage/redis_cluster_nodes.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

constexpr std::chrono::seconds redirection_memory{10};

} // namespace

redis_cluster_nodes::redis_cluster_nodes(executor where,
                                         redis_cluster_options options,
                                         redis_link_factory make_link)
    : where_{where},
      options_{std::move(options)},
      make_link_{std::move(make_link)},
      first_look_{where, std::chrono::steady_clock::time_point::max()},
      pause_{where},
      // Between two readings of the map at the least, whoever wants it.
      backoff_{std::chrono::milliseconds{20}, std::chrono::milliseconds{300}}
{}

task<void> redis_cluster_nodes::be_ready(std::shared_ptr<redis_cluster_nodes> self)
{
    self->start();
    error_code ignored; // the only way for this wait to end is to be cancelled
    if (!self->has_looked_) co_await self->first_look_.async_wait(asio::redirect_error(use_task, ignored));
}

redis_cluster_nodes::node_pointer redis_cluster_nodes::holder_of(std::uint16_t slot)
{
    const redis_address* const holder = map_.holder_of(slot);
    if (holder == nullptr || is_closed_) return nullptr;
    return find_or_make(*holder).node;
}

redis_cluster_nodes::node_pointer redis_cluster_nodes::any_primary()
{
    node_pointer chosen;
    for (const node_pointer& each : primaries()) {
        if (!chosen || each->is_connected()) chosen = each;
    }
    return chosen;
}

std::vector<redis_cluster_nodes::node_pointer> redis_cluster_nodes::primaries()
{
    std::vector<node_pointer> all;
    if (is_closed_) return all;
    for (const redis_address& each : map_.primaries())
        all.push_back(find_or_make(each).node);
    return all;
}

redis_cluster_nodes::node_pointer redis_cluster_nodes::node_at(const redis_address& address)
{
    if (is_closed_) return nullptr;
    entry& found = find_or_make(address);
    found.needed_until = std::chrono::steady_clock::now() + redirection_memory;
    return found.node;
}

void redis_cluster_nodes::move(std::uint16_t slot, const redis_address& to)
{
    const redis_address* const before = map_.holder_of(slot);
    if (before != nullptr && *before == to) return;
    map_.move(slot, to);
    forget_what_was_read();
}

// The server that a slot has left says no more what becomes of its keys: of those that it handed over it did,
// but not of those that were asked for and not there.
void redis_cluster_nodes::forget_what_was_read()
{
    if (options_.tracker) options_.tracker->forget_all();
}

void redis_cluster_nodes::want_map()
{
    is_wanted_ = true;
    if (may_be_woken_) pause_.cancel();
}

void redis_cluster_nodes::close()
{
    if (is_closed_) return;
    is_closed_ = true;
    has_looked_ = true;
    for (const entry& each : nodes_)
        each.node->close();
    nodes_.clear();
    first_look_.cancel();
    pause_.cancel();
}

bool redis_cluster_nodes::is_connected() const
{
    if (!has_map_ || !map_.is_complete()) return false;
    return std::ranges::all_of(map_.primaries(), [this](const redis_address& each) {
        const entry* const known = find(each);
        return known != nullptr && known->node->is_connected();
    });
}

std::string redis_cluster_nodes::problem() const
{
    for (const redis_address& each : map_.primaries()) {
        const entry* const known = find(each);
        if (known != nullptr && !known->node->problem().empty()) return known->node->problem();
    }
    if (has_map_ && !map_.is_complete()) return "the Redis Cluster has slots that no node holds";
    return problem_;
}

void redis_cluster_nodes::start()
{
    if (has_begun_ || is_closed_) return;
    has_begun_ = true;
    auto keeping = keep_map(shared_from_this());
    asio::co_spawn(where_, std::move(keeping), rethrow);
}

const redis_cluster_nodes::entry* redis_cluster_nodes::find(const redis_address& address) const
{
    const auto found =
        std::ranges::find_if(nodes_, [&](const entry& one) { return one.node->address() == address; });
    return found == nodes_.end() ? nullptr : &*found;
}

redis_cluster_nodes::entry& redis_cluster_nodes::find_or_make(const redis_address& address)
{
    const auto found =
        std::ranges::find_if(nodes_, [&](const entry& one) { return one.node->address() == address; });
    if (found != nodes_.end()) return *found;
    const auto made = std::make_shared<redis_node>(
        redis_endpoint{address, options_.login}, make_link_, options_.replication);
    made->start();
    return nodes_.emplace_back(entry{made, {}});
}

// --- the map

// In turn, so that a node which is cut off from the others, and does not know, is not the only one heard.
std::vector<redis_cluster_nodes::node_pointer> redis_cluster_nodes::to_be_asked()
{
    std::vector<node_pointer> all;
    for (const entry& each : nodes_) {
        if (!each.node->is_away()) all.push_back(each.node);
    }
    if (!all.empty())
        std::rotate(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(turn_++ % all.size()), all.end());
    return all;
}

task<bool> redis_cluster_nodes::read_map(std::shared_ptr<redis_cluster_nodes> self)
{
    std::vector<node_pointer> asked = self->to_be_asked();
    const std::size_t known = asked.size();
    for (std::size_t index = 0; index < known + self->options_.seeds.size(); ++index) {
        node_pointer node;
        if (index < known)
            node = asked[index];
        else // nobody whom we know answers
            node = self->find_or_make(self->options_.seeds[index - known].address).node;
        redis_command question{"CLUSTER"};
        question.arg("SLOTS");
        auto asking = redis_node::run(node, std::move(question), redis_effect::read);
        const result<redis_reply> answer = co_await std::move(asking);
        if (self->is_closed_) co_return false;
        auto map = answer ? redis_slot_map::parse(*answer, node->address()) : std::nullopt;
        if (map) {
            self->adopt(std::move(*map));
            self->problem_.clear();
            co_return true;
        }
        self->problem_ = !answer              ? node->problem()
                         : answer->is_error() ? to_string(node->address()) + ": " + answer->text
                                              : to_string(node->address()) + " knows of no slots";
    }
    co_return false;
}

void redis_cluster_nodes::adopt(redis_slot_map map)
{
    const bool has_moved = has_map_ && std::ranges::any_of(map_.primaries(), [&](const redis_address& each) {
                               return map_.has_lost_to(map, each);
                           });
    map_ = std::move(map);
    has_map_ = true;
    if (has_moved) forget_what_was_read();
    for (const redis_address& each : map_.primaries())
        find_or_make(each);
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(nodes_, [&](const entry& one) {
        const bool is_needed =
            std::ranges::find(map_.primaries(), one.node->address()) != map_.primaries().end();
        if (is_needed || one.needed_until > now) return false;
        one.node->close();
        return true;
    });
}

task<void> redis_cluster_nodes::keep_map(std::shared_ptr<redis_cluster_nodes> self)
{
    error_code ignored; // cut short by want_map() and close()
    while (!self->is_closed_) {
        self->is_wanted_ = false;
        auto reading = read_map(self);
        const bool is_read = co_await std::move(reading);
        if (self->is_closed_) break;
        self->has_looked_ = true;
        self->first_look_.cancel();

        self->pause_.expires_after(self->backoff_.next());
        co_await self->pause_.async_wait(asio::redirect_error(use_task, ignored));
        if (self->is_closed_) break;
        if (!is_read || self->is_wanted_) continue;
        self->backoff_.reset();
        self->may_be_woken_ = true;
        self->pause_.expires_after(self->options_.poll);
        co_await self->pause_.async_wait(asio::redirect_error(use_task, ignored));
        self->may_be_woken_ = false;
    }
}

} // namespace latchkey
