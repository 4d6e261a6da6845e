#include "storage/redis_primary_watch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace latchkey {

std::optional<redis_address> primary_in(const redis_reply& reply, redis_address::transport via)
{
    if (!reply.is_array() || reply.items.size() != 2) return std::nullopt;
    const std::string& port = reply.items[1].text;
    redis_address address{.via = via, .host = reply.items[0].text, .port = 0, .path = {}};
    const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    const bool is_sane =
        ec == std::errc{} && end == port.data() + port.size() && address.port != 0 && !address.host.empty();
    if (!is_sane) return std::nullopt;
    return address;
}

bool says_primary(const redis_reply& reply) noexcept
{
    return reply.is_array() && !reply.items.empty() && reply.items.front().text == "master";
}

redis_primary_watch::redis_primary_watch(executor where,
                                         redis_sentinel_options options,
                                         redis_link_factory make_link,
                                         redis_link_factory make_sentinel_link)
    : where_{where},
      options_{std::move(options)},
      make_link_{std::move(make_link)},
      make_sentinel_link_{std::move(make_sentinel_link)},
      first_look_{where, std::chrono::steady_clock::time_point::max()},
      pause_{where},
      // A failover takes Sentinels a second or more; the look that finds its outcome should not wait much
      // longer.
      backoff_{std::chrono::milliseconds{20}, std::chrono::milliseconds{300}}
{
    for (const redis_endpoint& each : options_.sentinels)
        sentinels_.push_back(make_sentinel_link_(each));
}

task<std::shared_ptr<redis_node>> redis_primary_watch::primary(std::shared_ptr<redis_primary_watch> self)
{
    self->start();
    if (!self->has_looked_) {
        error_code ignored; // the only way for this wait to end is to be cancelled
        co_await self->first_look_.async_wait(asio::redirect_error(use_task, ignored));
    }
    const auto node = self->primary_;
    if (node && node->has_been_lost()) {
        self->leave(node, node->problem());
        co_return nullptr;
    }
    co_return node;
}

void redis_primary_watch::leave(const std::shared_ptr<redis_node>& node, std::string why)
{
    if (is_closed_ || node != primary_) return; // somebody else has noticed before
    drop(std::move(why));
    pause_.cancel();
}

void redis_primary_watch::drop(std::string why)
{
    // The link may be there again by now, and have nothing to complain of.
    problem_ = why.empty() ? to_string(primary_->address()) + ": the connection broke" : std::move(why);
    primary_->close();
    primary_.reset();
}

void redis_primary_watch::close()
{
    if (is_closed_) return;
    is_closed_ = true;
    has_looked_ = true;
    if (primary_) primary_->close();
    primary_.reset();
    if (candidate_) candidate_->close(); // who waits for its answer holds it, and it holds who waits
    candidate_.reset();
    for (const auto& link : sentinels_)
        link->close();
    first_look_.cancel();
    pause_.cancel();
}

void redis_primary_watch::start()
{
    if (has_begun_ || is_closed_) return;
    has_begun_ = true;
    auto watching = keep_watching(shared_from_this());
    asio::co_spawn(where_, std::move(watching), rethrow);
}

task<void> redis_primary_watch::keep_watching(std::shared_ptr<redis_primary_watch> self)
{
    while (!self->is_closed_) {
        auto looking = look(self);
        const bool is_well = co_await std::move(looking);
        if (self->is_closed_) break;
        self->has_looked_ = true;
        self->first_look_.cancel();
        if (is_well) self->backoff_.reset();
        const bool is_left = is_well && !self->primary_; // meanwhile, by a command
        self->pause_.expires_after(is_well && !is_left ? self->options_.poll : self->backoff_.next());
        error_code ignored; // cut short by leave() and close()
        co_await self->pause_.async_wait(asio::redirect_error(use_task, ignored));
    }
}

// True: there is a primary, a Sentinel names it, and it says so itself.
task<bool> redis_primary_watch::look(std::shared_ptr<redis_primary_watch> self)
{
    for (std::size_t index = 0; index < self->sentinels_.size(); ++index) {
        auto asking = ask(self, index);
        auto named = co_await std::move(asking);
        if (self->is_closed_) co_return false;
        if (!named) continue;
        auto trying = try_primary(self, std::move(*named));
        const bool is_primary = co_await std::move(trying);
        if (self->is_closed_) co_return false;
        if (!is_primary) continue; // what this Sentinel knows is out of date, or there is none at the moment
        const auto first = self->sentinels_.begin();
        std::rotate(first,
                    first + static_cast<std::ptrdiff_t>(index),
                    first + static_cast<std::ptrdiff_t>(index) + 1);
        co_return true;
    }
    co_return false;
}

task<std::optional<redis_address>> redis_primary_watch::ask(std::shared_ptr<redis_primary_watch> self,
                                                            std::size_t sentinel)
{
    const auto link = self->sentinels_[sentinel];
    redis_command question{"SENTINEL"};
    question.arg("GET-MASTER-ADDR-BY-NAME").arg(self->options_.service);
    auto asking = link->run(std::move(question));
    const result<redis_reply> answer = co_await std::move(asking);
    std::optional<redis_address> named;
    if (answer) named = primary_in(*answer, self->options_.via);
    if (!named && !self->primary_) {
        const std::string who = "Sentinel " + to_string(link->address());
        self->problem_ = !answer              ? "Sentinel: " + link->problem()
                         : answer->is_error() ? who + ": " + answer->text
                                              : who + " knows no service " + self->options_.service;
    }
    co_return named;
}

task<bool> redis_primary_watch::try_primary(std::shared_ptr<redis_primary_watch> self, redis_address address)
{
    const auto known = self->primary_;
    const bool is_known = known && known->address() == address && !known->has_been_lost();
    const auto node = is_known ? known
                               : std::make_shared<redis_node>(redis_endpoint{address, self->options_.login},
                                                              self->make_link_,
                                                              self->options_.replication);
    self->candidate_ = node;
    auto asking = redis_node::run(node, redis_command{"ROLE"}, redis_effect::read);
    const result<redis_reply> answer = co_await std::move(asking);
    self->candidate_.reset();
    if (self->is_closed_) co_return false;
    if (answer && says_primary(*answer) && !node->has_been_lost()) {
        if (self->primary_ != node) {
            if (self->primary_) self->primary_->close();
            self->primary_ = node;
        }
        self->problem_.clear();
        co_return true;
    }
    std::string why = !answer              ? node->problem()
                      : answer->is_error() ? to_string(address) + ": " + answer->text
                                           : to_string(address) + " is not the primary any more";
    if (self->primary_ == node)
        self->drop(std::move(why));
    else if (!self->primary_)
        self->problem_ = std::move(why);
    if (!is_known) node->close();
    co_return false;
}

} // namespace latchkey
