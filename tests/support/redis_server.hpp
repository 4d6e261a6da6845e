// A real redis-server as a child process of the test: on a free port of the loopback interface, without a
// file on disk that outlives it, and ended by its process id when the owner goes, however the test ends.
#pragma once

#include "storage/redis_endpoint.hpp"
#include "storage/redis_reply.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace latchkey::test {

struct redis_server_options {
    std::string password{};                         // of the default user; empty: none is asked for
    const certificate_files* certificates{nullptr}; // set: the port speaks TLS only
    bool wants_client_certificate{false};
    std::vector<std::string>
        settings{}; // further lines of redis.conf, such as "user alice on >secret ~* +@all"
    bool is_sentinel{false};
    bool is_cluster_node{false};
};

class redis_server {
public:
    explicit redis_server(redis_server_options options = {});
    redis_server(const redis_server&) = delete;
    redis_server& operator=(const redis_server&) = delete;
    ~redis_server();

    std::uint16_t port() const noexcept { return port_; }
    std::uint16_t bus_port() const noexcept { return bus_port_; } // of a Cluster's node
    std::string socket_path() const { return directory_.file("redis.sock"); }

    // 127.0.0.1 with the password, over TLS if it speaks that.
    redis_endpoint endpoint() const;

    // The same as --store takes it.
    std::string url() const;

    // What the server itself says, over a connection of the call's own (by the socket file, so never TLS).
    redis_reply ask(const std::vector<std::string>& words) const;

    // How often it has run the command, whose name is in lower case.
    int calls_of(const std::string& command) const;

    void pause() const;  // SIGSTOP: connections are accepted by the kernel, and nothing answers
    void resume() const; // SIGCONT
    void kill();         // SIGKILL, and waits for its end
    void start();        // again, on the same port, empty; after `kill`
    bool is_alive() const noexcept { return child_ > 0; } // has not been killed by us

private:
    bool try_start();
    std::string configuration() const;

    redis_server_options options_;
    temporary_directory directory_;
    std::uint16_t port_ = 0;
    std::uint16_t bus_port_ = 0;
    pid_t child_ = -1;
};

} // namespace latchkey::test
