#include "tests/support/redis_topologies.hpp"

#include "tests/support/patience.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t primary_count = 3;
constexpr const char* service = "main";

std::string number(std::uint64_t value)
{
    return std::to_string(value);
}

// The value of "name:value" in what INFO answers.
std::string field(const redis_server& server, const std::string& section, const std::string& name)
{
    const std::string info = '\n' + server.ask({"INFO", section}).text;
    const std::size_t begin = info.find('\n' + name + ':');
    if (begin == info.npos) return {};
    const std::size_t from = begin + name.size() + 2;
    return info.substr(from, info.find('\r', from) - from);
}

bool is_replica_in_step(const redis_server& replica, const redis_server& primary)
{
    return field(replica, "replication", "role") == "slave" &&
           field(replica, "replication", "master_port") == number(primary.port()) &&
           field(replica, "replication", "master_link_status") == "up" &&
           field(replica, "replication", "slave_repl_offset") ==
               field(primary, "replication", "master_repl_offset");
}

// For a server that holds data: how it asks others what it is asked itself.
redis_server_options data_options(const topology_security& security, std::vector<std::string> settings)
{
    if (security.certificates != nullptr) settings.emplace_back("tls-replication yes");
    if (!security.password.empty()) settings.push_back("masterauth " + security.password);
    settings.emplace_back("repl-diskless-sync-delay 0");
    return {.password = security.password,
            .certificates = security.certificates,
            .settings = std::move(settings)};
}

// The configuration epoch of a node as another one knows it: the seventh word of its line in CLUSTER NODES.
std::string epoch_of(const std::string& node_id, const redis_server& asked)
{
    std::istringstream lines{asked.ask({"CLUSTER", "NODES"}).text};
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(node_id)) continue;
        std::istringstream words{line};
        std::string word;
        for (int index = 0; index < 7; ++index)
            words >> word;
        return word;
    }
    return {};
}

// "redis+cluster://:password@127.0.0.1:1,127.0.0.1:2"
std::string hosts_url(const std::string& kind,
                      const topology_security& security,
                      const std::vector<std::unique_ptr<redis_server>>& servers)
{
    std::string text = (security.certificates == nullptr ? "redis+" : "rediss+") + kind + "://";
    if (!security.password.empty()) text += ':' + security.password + '@';
    for (const auto& each : servers)
        text += (each == servers.front() ? "127.0.0.1:" : ",127.0.0.1:") + number(each->port());
    return text;
}

void expect_ok(const redis_reply& reply, const std::string& what)
{
    if (!reply.is_ok()) throw std::runtime_error{what + ": " + reply.text};
}

} // namespace

void wait_until(const std::string& what, const std::function<bool()>& is_true)
{
    if (!becomes_true(is_true)) throw std::runtime_error{"waited in vain until " + what};
}

// --- Sentinel

sentinel_servers::sentinel_servers(topology_security security) : security_{std::move(security)}
{
    data_.push_back(std::make_unique<redis_server>(data_options(security_, {})));
    const std::string primary_is = "replicaof 127.0.0.1 " + number(data_.front()->port());
    for (int replica = 0; replica < 2; ++replica)
        data_.push_back(std::make_unique<redis_server>(data_options(security_, {primary_is})));
    wait_until_replicated();
    for (int sentinel = 0; sentinel < 3; ++sentinel)
        sentinels_.push_back(std::make_unique<redis_server>(sentinel_options(*data_.front())));
    wait_until("the Sentinels know of each other and of the replicas", [this] { return is_whole(); });
}

redis_server_options sentinel_servers::sentinel_options(const redis_server& primary) const
{
    const std::string name = service;
    redis_server_options options{
        .password = security_.sentinel_password,
        .certificates = security_.certificates,
        .settings = {"sentinel monitor " + name + " 127.0.0.1 " + number(primary.port()) + " 2",
                     "sentinel down-after-milliseconds " + name + " 800",
                     "sentinel failover-timeout " + name + " 2000"},
        .is_sentinel = true};
    if (!security_.password.empty())
        options.settings.push_back("sentinel auth-pass " + name + ' ' + security_.password);
    if (!security_.sentinel_password.empty())
        options.settings.push_back("sentinel sentinel-pass " + security_.sentinel_password);
    if (security_.certificates != nullptr) options.settings.emplace_back("tls-replication yes");
    return options;
}

std::string sentinel_servers::url() const
{
    const std::string text = hosts_url("sentinel", security_, sentinels_) + '/' + service;
    const bool has_login = !security_.sentinel_password.empty();
    return has_login ? text + "?sentinel=:" + security_.sentinel_password : text;
}

redis_topology sentinel_servers::topology() const
{
    return *parse_redis_topology(url());
}

redis_server& sentinel_servers::primary()
{
    if (sentinels_.empty()) return *data_.front();
    const redis_reply named = sentinels_.front()->ask({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", service});
    const auto found = std::ranges::find_if(
        data_, [&](const auto& each) { return number(each->port()) == named.items.at(1).text; });
    return **found;
}

void sentinel_servers::wait_until_replicated()
{
    const redis_server& from = primary();
    wait_until("the replicas have everything", [&] {
        return std::ranges::all_of(data_, [&](const auto& each) {
            return each.get() == &from || !each->is_alive() || is_replica_in_step(*each, from);
        });
    });
}

bool sentinel_servers::is_whole()
{
    const redis_server& from = primary();
    for (const auto& each : data_) {
        if (!each->is_alive() || (each.get() != &from && !is_replica_in_step(*each, from))) return false;
    }
    return std::ranges::all_of(sentinels_, [](const auto& each) {
        return each->ask({"SENTINEL", "SENTINELS", service}).items.size() == 2 &&
               each->ask({"SENTINEL", "REPLICAS", service}).items.size() == 2 &&
               each->ask({"SENTINEL", "CKQUORUM", service}).what == redis_reply::kind::status;
    });
}

sentinel_servers& shared_sentinel()
{
    static std::unique_ptr<sentinel_servers> servers;
    if (!servers || !servers->is_whole()) {
        servers.reset();
        servers = std::make_unique<sentinel_servers>();
    }
    return *servers;
}

// --- Cluster

cluster_servers::cluster_servers(topology_security security) : security_{std::move(security)}
{
    redis_server_options options = data_options(
        security_,
        {"cluster-config-file nodes.conf", "cluster-node-timeout 1000", "cluster-replica-validity-factor 0"});
    options.is_cluster_node = true;
    if (security_.certificates != nullptr) options.settings.emplace_back("tls-cluster yes");
    for (std::size_t node = 0; node < 2 * primary_count; ++node) {
        nodes_.push_back(std::make_unique<redis_server>(options));
        expect_ok(nodes_.back()->ask({"CLUSTER", "SET-CONFIG-EPOCH", number(node + 1)}), "SET-CONFIG-EPOCH");
    }
    constexpr std::size_t slots = 16'384;
    for (std::size_t index = 0; index < primary_count; ++index) {
        const std::size_t first = index * slots / primary_count;
        const std::size_t last = (index + 1) * slots / primary_count - 1;
        expect_ok(nodes_[index]->ask({"CLUSTER", "ADDSLOTSRANGE", number(first), number(last)}), "slots");
    }
    for (const auto& each : nodes_) {
        const auto meeting = nodes_.front()->ask(
            {"CLUSTER", "MEET", "127.0.0.1", number(each->port()), number(each->bus_port())});
        expect_ok(meeting, "MEET");
    }
    for (std::size_t index = 0; index < primary_count; ++index) {
        const std::string primary = id_of(*nodes_[index]);
        wait_until("the replica knows its primary", [&] {
            return nodes_[primary_count + index]->ask({"CLUSTER", "REPLICATE", primary}).is_ok();
        });
    }
    wait_until("the Cluster is formed", [this] { return is_settled(); });
}

std::string cluster_servers::url() const
{
    return hosts_url("cluster", security_, nodes_);
}

redis_topology cluster_servers::topology() const
{
    return *parse_redis_topology(url());
}

void cluster_servers::flush()
{
    for (redis_server* const each : primaries())
        expect_ok(each->ask({"FLUSHALL"}), "FLUSHALL");
}

std::string cluster_servers::id_of(const redis_server& node)
{
    return node.ask({"CLUSTER", "MYID"}).text;
}

std::vector<redis_server*> cluster_servers::primaries()
{
    std::vector<redis_server*> all;
    for (const auto& each : nodes_) {
        if (each->is_alive() && field(*each, "replication", "role") == "master") all.push_back(each.get());
    }
    return all;
}

// The others may not have heard of it yet.
redis_server& cluster_servers::holder_of(std::uint16_t slot)
{
    for (redis_server* const each : primaries()) {
        for (const redis_reply& range : each->ask({"CLUSTER", "SLOTS"}).items) {
            const bool is_there = slot >= range.items.at(0).integer && slot <= range.items.at(1).integer;
            if (is_there && range.items.at(2).items.at(1).integer == each->port()) return *each;
        }
    }
    throw std::runtime_error{"nobody says that it holds slot " + number(slot)};
}

// Every primary has a replica that is in step, and every node thinks that all is well and all are there.
bool cluster_servers::is_settled()
{
    const std::vector<redis_server*> heads = primaries();
    if (heads.size() != primary_count) return false;
    const auto is_well = [](const auto& each) {
        return field(*each, "cluster", "cluster_enabled") == "1" &&
               each->ask({"CLUSTER", "INFO"}).text.starts_with("cluster_state:ok") &&
               each->ask({"CLUSTER", "NODES"}).text.find("fail") == std::string::npos &&
               std::ranges::count(each->ask({"CLUSTER", "NODES"}).text, '\n') == 2 * primary_count &&
               each->ask({"CLUSTER", "SLOTS"}).items.size() >= primary_count;
    };
    const auto has_replica = [&](const redis_server* head) {
        return std::ranges::any_of(
            nodes_, [&](const auto& each) { return each.get() != head && is_replica_in_step(*each, *head); });
    };
    return std::ranges::all_of(nodes_, is_well) && std::ranges::all_of(heads, has_replica);
}

void cluster_servers::wait_until_replicated()
{
    wait_until("every primary has a replica that is in step", [this] { return is_settled(); });
}

void cluster_servers::heal()
{
    for (const auto& each : nodes_) {
        if (!each->is_alive()) each->start();
    }
    wait_until_replicated();
}

cluster_servers::slot_move cluster_servers::begin_move(std::uint16_t slot)
{
    redis_server& from = holder_of(slot);
    const std::vector<redis_server*> heads = primaries();
    redis_server& to = **std::ranges::find_if(heads, [&](const redis_server* each) { return each != &from; });
    expect_ok(to.ask({"CLUSTER", "SETSLOT", number(slot), "IMPORTING", id_of(from)}), "IMPORTING");
    expect_ok(from.ask({"CLUSTER", "SETSLOT", number(slot), "MIGRATING", id_of(to)}), "MIGRATING");
    return {from, to, slot};
}

bool cluster_servers::carry_key(const slot_move& move)
{
    const redis_reply keys = move.from.ask({"CLUSTER", "GETKEYSINSLOT", number(move.slot), "1"});
    if (keys.items.empty()) return false;
    const redis_reply moved =
        move.from.ask({"MIGRATE", "127.0.0.1", number(move.to.port()), keys.items.front().text, "0", "5000"});
    if (moved.is_error()) throw std::runtime_error{"MIGRATE: " + moved.text};
    return true;
}

void cluster_servers::end_move(const slot_move& move)
{
    const std::string id = id_of(move.to);
    expect_ok(move.to.ask({"CLUSTER", "SETSLOT", number(move.slot), "NODE", id}), "NODE");
    expect_ok(move.from.ask({"CLUSTER", "SETSLOT", number(move.slot), "NODE", id}), "NODE");
    wait_until("all know of the move", [&] {
        const std::string epoch = epoch_of(id, move.to);
        return std::ranges::all_of(nodes_, [&](const auto& each) { return epoch_of(id, *each) == epoch; });
    });
}

cluster_servers& shared_cluster()
{
    static cluster_servers servers;
    return servers;
}

} // namespace latchkey::test
