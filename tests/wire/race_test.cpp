// Requests that meet: the outcome must be as if one had come first.
#include "tests/wire/wire_fixture.hpp"

#include <algorithm>
#include <barrier>
#include <thread>

using namespace latchkey::test;

namespace {

// The statuses of `count` equal requests sent at once, each on a connection of its own, sorted.
std::vector<unsigned> at_once(const wire_fixture& wire,
                              std::size_t count,
                              const std::string& method,
                              const std::string& path,
                              const std::string& token,
                              const std::string& body)
{
    std::vector<unsigned> statuses(count, 0);
    std::barrier start{static_cast<std::ptrdiff_t>(count)};
    const auto send = [&](std::size_t i) {
        http_client client = wire.connect();
        start.arrive_and_wait();
        statuses[i] = client.request(method, path, {{"Coder-Session-Token", token}}, body).status;
    };
    {
        std::vector<std::jthread> senders;
        for (std::size_t i = 0; i < count; ++i)
            senders.emplace_back(send, i);
    }
    std::ranges::sort(statuses);
    return statuses;
}

} // namespace

TEST_CASE("of two creates with one name at once, one is 201 and one 409", "[wire][races]")
{
    wire_fixture& wire = any_wire();
    for (int round = 0; round < 20; ++round) {
        const std::string body = "{\"token_name\":\"" + wire.fresh_name("raced") + "\"}";
        CHECK(at_once(wire, 2, "POST", tokens_path("me"), wire.member.token, body) ==
              std::vector<unsigned>{201, 409});
    }
}

TEST_CASE("of two deletes of one key at once, one is 204 and one 404", "[wire][races]")
{
    wire_fixture& wire = any_wire();
    for (int round = 0; round < 10; ++round) {
        const std::string path = keys_path("me") + "/" + id_of(wire.new_token(wire.member));
        CHECK(at_once(wire, 2, "DELETE", path, wire.member.token, {}) == std::vector<unsigned>{204, 404});
    }
}

TEST_CASE("of several first users at once, one is created", "[wire][races]")
{
    const engine store = any_engine();
    const wire_server server{store};
    std::vector<unsigned> statuses(3, 0);
    const auto create = [&](std::size_t i) {
        http_client client = server.connect();
        const std::string name = "first" + std::to_string(i);
        statuses[i] = client
                          .request("POST",
                                   "/api/v2/users/first",
                                   {},
                                   R"({"email":")" + name + R"(@example.com","username":")" + name +
                                       R"(","password":")" + good_password + "\"}")
                          .status;
    };
    {
        std::vector<std::jthread> senders;
        for (std::size_t i = 0; i < statuses.size(); ++i)
            senders.emplace_back(create, i);
    }
    std::ranges::sort(statuses);
    CHECK(statuses == std::vector<unsigned>{201, 409, 409});
}
