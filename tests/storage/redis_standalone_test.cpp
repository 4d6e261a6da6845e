#include "storage/redis_standalone.hpp"
#include "tests/storage/redis_fixture.hpp"

namespace latchkey::test {

TEST_CASE("a command's bytes reach the server and come back as they were", "[storage][redis]")
{
    redis_server server;
    redis_fixture redis{server.endpoint()};
    const std::string value{"a\0b\r\nc\r\n$3\r\n", 13};

    const auto stored = redis.run(redis_command{"SET"}.key("k\r\n1").arg(value));
    const auto read = redis.run(redis_command{"GET"}.key("k\r\n1"));

    REQUIRE(stored);
    CHECK(stored->is_ok());
    REQUIRE(read);
    CHECK(read->text == value);
    CHECK(server.ask({"GET", "k\r\n1"}).text == value);
}

} // namespace latchkey::test
