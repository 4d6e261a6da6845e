#include "storage/redis_reader.hpp"
#include "tests/storage/sample_replies.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::test {
namespace {

struct sample {
    const char* reason;
    std::string bytes;
    redis_reply reply;
};

std::vector<sample> samples()
{
    const std::string_view binary{"\0\r\n$1\r\nx\0", 9};
    return {
        {"a status", "+OK\r\n", status_reply("OK")},
        {"an empty status", "+\r\n", status_reply("")},
        {"an error is a value",
         "-NOSCRIPT No matching script.\r\n",
         error_reply("NOSCRIPT No matching script.")},
        {"an integer", ":42\r\n", number_reply(42)},
        {"the smallest integer", ":-9223372036854775808\r\n", number_reply(INT64_MIN)},
        {"the largest integer", ":9223372036854775807\r\n", number_reply(INT64_MAX)},
        {"a bulk", "$5\r\nhello\r\n", text_reply("hello")},
        {"an empty bulk", "$0\r\n\r\n", text_reply("")},
        {"a bulk that looks like protocol", "$9\r\n" + std::string{binary} + "\r\n", text_reply(binary)},
        {"no bulk", "$-1\r\n", redis_reply{}},
        {"no array", "*-1\r\n", redis_reply{}},
        {"an empty array", "*0\r\n", array_reply({})},
        {"a flat array with a gap",
         "*4\r\n:1\r\n$-1\r\n+OK\r\n$2\r\n\r\n\r\n",
         array_reply({number_reply(1), redis_reply{}, status_reply("OK"), text_reply("\r\n")})},
        {"nested arrays with an error inside",
         "*2\r\n*3\r\n:1\r\n*1\r\n*0\r\n-ERR no\r\n$1\r\nx\r\n",
         array_reply({array_reply({number_reply(1), array_reply({array_reply({})}), error_reply("ERR no")}),
                      text_reply("x")})},
    };
}

// The replies in `bytes`, fed in pieces of these sizes, the rest at once.
std::vector<redis_reply> replies_of(std::string_view bytes, const std::vector<std::size_t>& pieces)
{
    redis_reader reader;
    std::vector<redis_reply> replies;
    const auto take = [&](std::string_view piece) {
        reader.feed(piece);
        redis_reply reply;
        for (;;) {
            const redis_reader::outcome what = reader.next(reply);
            REQUIRE(what != redis_reader::outcome::broken);
            if (what == redis_reader::outcome::more) return;
            replies.push_back(reply);
        }
    };
    for (const std::size_t size : pieces) {
        take(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
    take(bytes);
    return replies;
}

} // namespace

// Found by fuzzing: hiredis makes room for all of it at once.
TEST_CASE("an array that announces more elements than any reply has is no reply", "[storage][redis]")
{
    for (const std::string header : {"*8388609\r\n", "*429496729\r\n", "*1\r\n*2147483647\r\n"}) {
        CAPTURE(header);
        redis_reader reader;
        redis_reply reply;
        reader.feed(header);

        CHECK(reader.next(reply) == redis_reader::outcome::broken);
        CHECK_FALSE(reader.problem().empty());
    }
}

TEST_CASE("a reply that is cut at any byte is read as the whole one", "[storage][redis]")
{
    for (const sample& each : samples()) {
        CAPTURE(each.reason);
        for (std::size_t cut = 0; cut <= each.bytes.size(); ++cut) {
            CAPTURE(cut);
            CHECK(replies_of(each.bytes, {cut}) == std::vector{each.reply});
        }
    }
}

TEST_CASE("replies that come byte by byte and one behind the other keep their order", "[storage][redis]")
{
    std::string bytes;
    std::vector<redis_reply> expected;
    for (const sample& each : samples()) {
        bytes += each.bytes;
        expected.push_back(each.reply);
    }

    CHECK(replies_of(bytes, {}) == expected);
    CHECK(replies_of(bytes, std::vector<std::size_t>(bytes.size(), 1)) == expected);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut)
        CHECK(replies_of(bytes, {cut}) == expected);
}

TEST_CASE("a huge bulk arrives whole from many pieces", "[storage][redis]")
{
    std::string value(8'000'000, 'x');
    for (std::size_t index = 0; index < value.size(); index += 997)
        value[index] = static_cast<char>(index);
    const std::string bytes = "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n:7\r\n";

    const auto replies = replies_of(bytes, std::vector<std::size_t>(200, 32'768));

    REQUIRE(replies.size() == 2);
    CHECK((replies[0].text == value)); // in parentheses: a failure should not print eight million bytes
    CHECK(replies[1] == number_reply(7));
}

TEST_CASE("bytes that are no reply end the reading for good", "[storage][redis]")
{
    struct garbage {
        const char* reason;
        std::string bytes;
    };
    std::string deep;
    for (int level = 0; level < 20; ++level)
        deep += "*1\r\n";
    const garbage cases[] = {
        {"an HTTP server", "HTTP/1.1 400 Bad Request\r\n\r\n"},
        {"a TLS alert", std::string{"\x15\x03\x03\x00\x02\x02\x46\r\n", 9}},
        {"a length that is no number", "$abc\r\nabc\r\n"},
        {"a length below -1", "$-2\r\n"},
        {"an array length that is no number", "*x\r\n"},
        {"an array of negative length", "*-5\r\n"},
        {"an integer that is no number", ":12a\r\n"},
        {"an integer beyond 64 bits", ":9223372036854775808\r\n"},
        {"a map of RESP3, which nobody asked for", "%1\r\n+a\r\n+b\r\n"},
        {"deeper than hiredis reads", deep + ":1\r\n"},
    };
    for (const garbage& each : cases) {
        CAPTURE(each.reason);
        redis_reader reader;
        redis_reply reply;
        reader.feed(each.bytes);

        CHECK(reader.next(reply) == redis_reader::outcome::broken);
        CHECK_FALSE(reader.problem().empty());
        reader.feed("+OK\r\n");
        CHECK(reader.next(reply) == redis_reader::outcome::broken);
    }
}

TEST_CASE("an error is known by its first word alone", "[storage][redis]")
{
    const redis_reply moved = error_reply("MOVED 3999 127.0.0.1:6381");

    CHECK(moved.is_error("MOVED"));
    CHECK_FALSE(moved.is_error("MOVE"));
    CHECK_FALSE(moved.is_error("ASK"));
    CHECK(error_reply("NOAUTH").is_error("NOAUTH"));
    CHECK_FALSE(text_reply("MOVED 1 x").is_error("MOVED"));
    CHECK_FALSE(text_reply("OK").is_ok());
}

} // namespace latchkey::test
