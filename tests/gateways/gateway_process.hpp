// A real nginx, HAProxy or Caddy as a child process on a free port of the loopback, with the configuration of
// server/gateways but for the addresses in it. Ended by its id when the owner goes.
#pragma once

#include "tests/support/http_client.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace latchkey::test {

enum class gateway { nginx, haproxy, caddy };

// For messages.
std::string to_string(gateway kind);

class gateway_process {
public:
    // Both addresses as HOST:PORT. `action`: a Lua file for HAProxy instead of ours. Returns when connections
    // are accepted.
    gateway_process(gateway kind, std::string latchkey, std::string service, std::string action = {});
    gateway_process(const gateway_process&) = delete;
    gateway_process& operator=(const gateway_process&) = delete;
    ~gateway_process();

    http_client connect() const;

private:
    bool try_start();
    std::vector<std::string> write_configuration() const; // returns the command
    void start_child(std::vector<std::string> command);
    std::string output() const;
    void stop() noexcept;

    gateway kind_;
    std::string latchkey_;
    std::string service_;
    std::string action_;
    temporary_directory directory_;
    std::uint16_t port_ = 0;
    pid_t child_ = -1;
};

// A port of the loopback that nobody listened on just now.
std::uint16_t free_loopback_port();

} // namespace latchkey::test
