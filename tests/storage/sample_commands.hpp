// Commands that any Redis server knows.
#pragma once

#include "storage/redis_command.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::test {

inline redis_command ping()
{
    return redis_command{"PING"};
}

inline redis_command get(std::string_view key)
{
    redis_command command{"GET"};
    command.key(key);
    return command;
}

inline redis_command set(std::string_view key, std::string_view value)
{
    redis_command command{"SET"};
    command.key(key).arg(value);
    return command;
}

// A vector of them, which an initialiser list cannot be moved into.
template <class... Commands>
std::vector<redis_command> several(Commands... commands)
{
    std::vector<redis_command> all;
    (all.push_back(std::move(commands)), ...);
    return all;
}

} // namespace latchkey::test
