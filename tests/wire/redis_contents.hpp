// All that lies in a Redis, to be searched for what must not be there.
#pragma once

#include "tests/support/catch.hpp"
#include "tests/support/redis_server.hpp"

#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

inline std::vector<std::string> names_in(const redis_server& redis)
{
    std::vector<std::string> names;
    std::string cursor = "0";
    do {
        redis_reply page = redis.ask({"SCAN", cursor});
        cursor = page.items.at(0).text;
        for (redis_reply& name : page.items.at(1).items)
            names.push_back(std::move(name.text));
    } while (cursor != "0");
    return names;
}

inline std::string text_of(const redis_reply& reply)
{
    std::string all = reply.text + '\n';
    for (const redis_reply& part : reply.items)
        all += text_of(part);
    return all;
}

inline std::string content_of(const redis_server& redis, const std::string& name)
{
    const std::string type = redis.ask({"TYPE", name}).text;
    if (type == "string") return redis.ask({"GET", name}).text;
    if (type == "hash") return text_of(redis.ask({"HGETALL", name}));
    if (type == "stream") return text_of(redis.ask({"XRANGE", name, "-", "+"}));
    REQUIRE(type == "zset");
    return text_of(redis.ask({"ZRANGE", name, "0", "-1"}));
}

} // namespace latchkey::test
