// The real application on a free port, in this process, configured by the flags an operator would type.
// Owned by the test or shared by all of them; its threads end with it.
#pragma once

#include "server/log.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/temporary_directory.hpp"

#include <memory>
#include <string>
#include <vector>

namespace latchkey {
class application;
}

namespace latchkey::test {

enum class engine { memory, sqlite };

// For GENERATE and for messages.
std::string to_string(engine store);

class wire_server {
public:
    // Rate limits are off unless `flags` turns them on.
    explicit wire_server(engine store, std::vector<std::string> flags = {});
    wire_server(const wire_server&) = delete;
    wire_server& operator=(const wire_server&) = delete;
    ~wire_server();

    http_client connect() const;

private:
    temporary_directory directory_;
    steady_wall_clock clock_;
    logger log_;
    std::unique_ptr<application> running_;
};

} // namespace latchkey::test
