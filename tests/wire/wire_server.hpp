// The real application on a free port, in this process, configured by the flags an operator would type.
// Owned by the test or shared by all of them; its threads end with it.
#pragma once

#include "server/log.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/temporary_directory.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {
class application;
}

namespace latchkey::test {

enum class engine { memory, sqlite, redis };

// For messages.
std::string to_string(engine store);

// The test that calls this runs over each of them.
engine any_engine();

class wire_server {
public:
    // Rate limits and the revocation canary are off unless `flags` turns them on.
    explicit wire_server(engine store, std::vector<std::string> flags = {});
    // Over a store of the test's own, as --store says it.
    explicit wire_server(const std::string& store, std::vector<std::string> flags = {});
    // Another server over the store of `other`, which has Redis.
    wire_server(const wire_server& other, std::vector<std::string> flags);
    wire_server(const wire_server&) = delete;
    wire_server& operator=(const wire_server&) = delete;
    ~wire_server();

    http_client connect() const;
    listen_address address() const;

    // Everything that was acknowledged is in the files then. Nothing can be asked any more.
    void stop();

    // Where audit.log lies, and latchkey.db where the engine is SQLite.
    const temporary_directory& directory() const noexcept { return directory_; }

    // All lines of the server's own log so far, of every level.
    std::string logged() const;

    // Null unless the engine is Redis, and no store of the test's own.
    redis_server* redis() const noexcept { return redis_.get(); }

private:
    void start(const std::string& store, std::vector<std::string> flags);
    void keep(std::string_view line);

    temporary_directory directory_;
    std::shared_ptr<redis_server> redis_; // null: another engine
    steady_wall_clock clock_;
    mutable std::mutex logging_;
    std::string logged_;
    logger log_;
    std::unique_ptr<application> running_;
};

} // namespace latchkey::test
