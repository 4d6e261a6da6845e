// Commands that any Redis server knows.
#pragma once

#include "storage/redis_command.hpp"

#include <string_view>

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

} // namespace latchkey::test
