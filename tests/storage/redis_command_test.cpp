#include "storage/redis_command.hpp"
#include "storage/redis_script.hpp"
#include "tests/support/catch.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::test {
namespace {

std::string encoded(const redis_command& command)
{
    std::string bytes;
    command.append_to(bytes);
    return bytes;
}

} // namespace

TEST_CASE("a command is encoded with lengths, whatever bytes its arguments hold", "[storage][redis]")
{
    CHECK(encoded(redis_command{"PING"}) == "*1\r\n$4\r\nPING\r\n");
    CHECK(encoded(redis_command{"SET"}.key("").arg(std::string_view{"a\0\r\n*", 5})) ==
          std::string{"*3\r\n$3\r\nSET\r\n$0\r\n\r\n$5\r\na\0\r\n*\r\n", 30});
    CHECK(encoded(redis_command{"X"}.arg(INT64_MIN).arg(INT64_MAX)) ==
          "*3\r\n$1\r\nX\r\n$20\r\n-9223372036854775808\r\n$19\r\n9223372036854775807\r\n");
}

TEST_CASE("commands join the bytes that wait already", "[storage][redis]")
{
    std::string bytes;
    redis_command{"A"}.append_to(bytes);
    redis_command{"B"}.arg("1").append_to(bytes);

    CHECK(bytes == "*1\r\n$1\r\nA\r\n*2\r\n$1\r\nB\r\n$1\r\n1\r\n");
}

TEST_CASE("a command of many arguments is encoded like a short one", "[storage][redis]")
{
    redis_command command{"MGET"};
    std::string expected = "*2001\r\n$4\r\nMGET\r\n";
    for (int index = 0; index < 2000; ++index) {
        command.key("key");
        expected += "$3\r\nkey\r\n";
    }

    CHECK(encoded(command) == expected);
}

TEST_CASE("the first key decides the slot, and other arguments do not", "[storage][redis]")
{
    CHECK(redis_command{"PING"}.slot_key().empty());
    CHECK(redis_command{"ECHO"}.arg("x").slot_key().empty());
    CHECK(redis_command{"EVALSHA"}.arg("sha").arg(2).key("{a}1").key("{a}2").slot_key() == "{a}1");
}

TEST_CASE("a script is named by the SHA-1 of its text", "[storage][redis]")
{
    // FIPS 180-4's own examples, and lengths around the end of a block.
    CHECK(redis_script{""}.sha1() == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(redis_script{"abc"}.sha1() == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(redis_script{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"}.sha1() ==
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    const std::string million(1'000'000, 'a');
    CHECK(redis_script{million}.sha1() == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("a script's command counts its keys and puts them before its arguments", "[storage][redis]")
{
    const redis_script script{"return 1"};
    const std::string sha1{script.sha1()};

    redis_call call{script};
    call.key("{a}k").key("{a}l").arg("x").arg(7);
    CHECK(encoded(call.by_name()) == "*7\r\n$7\r\nEVALSHA\r\n$40\r\n" + sha1 +
                                         "\r\n$1\r\n2\r\n$4\r\n{a}k\r\n$4\r\n{a}l\r\n$1\r\nx\r\n$1\r\n7\r\n");
    CHECK(call.by_name().slot_key() == "{a}k");
    const redis_call bare{script};
    CHECK(encoded(bare.by_text()) == "*3\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n0\r\n");
    CHECK(bare.by_text().slot_key().empty());
}

TEST_CASE("a call that goes on after it was copied changes neither the copy nor its commands",
          "[storage][redis]")
{
    const redis_script script{"return 1"};
    redis_call call{script};
    call.key("k").arg("x");
    const redis_call copy = call;
    const redis_command made = call.by_name();
    call.arg("y");

    CHECK(made.size() == 5);
    CHECK(made.argument(0) == "EVALSHA");
    CHECK(made.argument(3) == "k");
    CHECK(made.argument(4) == "x");
    CHECK(encoded(copy.by_name()) == encoded(made));
    CHECK(call.by_name().argument(5) == "y");
}

TEST_CASE("lengths of every number of digits are right", "[storage][redis]")
{
    for (const std::size_t length : {9, 10, 99, 100, 999, 1000, 123'456}) {
        CHECK(encoded(redis_command{"X"}.arg(std::string(length, 'x'))) ==
              "*2\r\n$1\r\nX\r\n$" + std::to_string(length) + "\r\n" + std::string(length, 'x') + "\r\n");
    }
}

} // namespace latchkey::test
