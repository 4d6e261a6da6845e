// Two connections on one shard without a thread: what each is given before it is the other's turn.
#include "tests/server/one_shard.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace latchkey::test {
namespace {

// A coroutine that does not wait, as for most of the API.
class noting_handler final : public request_handler {
public:
    std::vector<char> asked;       // the last character of each path
    std::vector<std::string> told; // the last character of each token, behind how soon it was to come

    head_verdict answer_from_head(const request&, output_buffer&, bool) override
    {
        return head_verdict::wants_body;
    }
    void expect(std::string_view token, lookup_comes when) noexcept override
    {
        told.push_back((when == lookup_comes::later ? "later " : "next ") + std::string{token.back()});
    }
    task<response> answer(const request& what) override
    {
        asked.push_back(what.path.back());
        if (!what.session_token.empty()) told.push_back("asked " + std::string{what.session_token.back()});
        co_return response{};
    }
};

std::string requests_for(char name, std::size_t count)
{
    std::string all;
    for (std::size_t number = 0; number < count; ++number)
        all.append("GET /").append(1, name).append(" HTTP/1.1\r\nHost: a\r\n\r\n");
    return all;
}

std::string requests_with_tokens(std::string_view names)
{
    std::string all;
    for (const char name : names)
        all.append("GET / HTTP/1.1\r\nHost: a\r\nCoder-Session-Token: token-").append(1, name) += "\r\n\r\n";
    return all;
}

} // namespace

TEST_CASE("the handler is told of the tokens that have come before the first of them is asked",
          "[server][session]")
{
    noting_handler handler;
    one_shard shard{handler};
    const unique_descriptor client = shard.connect(requests_with_tokens("abcd"));
    while (handler.asked.size() < 4)
        REQUIRE(shard.context.poll() > 0);

    // The first one shows what the others will look like.
    CHECK(handler.told == std::vector<std::string>{"asked a",
                                                   "later b",
                                                   "later c",
                                                   "later d",
                                                   "next b",
                                                   "next c",
                                                   "next d",
                                                   "asked b",
                                                   "asked c",
                                                   "asked d"});
}

TEST_CASE("of one token that has come alone, the handler is told once", "[server][session]")
{
    noting_handler handler;
    one_shard shard{handler};
    const unique_descriptor client = shard.connect(requests_with_tokens("a"));
    for (std::size_t asked = 1; asked < 3; ++asked) {
        while (handler.asked.size() < asked)
            REQUIRE(shard.context.poll() > 0);
        const std::string another = requests_with_tokens("b");
        REQUIRE(::send(client.number(), another.data(), another.size(), 0) > 0);
    }

    CHECK(handler.told == std::vector<std::string>{"asked a", "later b", "asked b"});
}

// Found by a flood of clients that pipeline: whoever's batch was flushed, or had a handler, began a new turn.
TEST_CASE("who sends faster than it is answered leaves others their turn", "[server][session]")
{
    constexpr std::size_t greedy = 500; // some nine buffers
    noting_handler handler;
    one_shard shard{handler};
    const unique_descriptor first = shard.connect(requests_for('a', greedy));
    const unique_descriptor second = shard.connect(requests_for('b', 1));

    while (handler.asked.size() < greedy + 1)
        REQUIRE(shard.context.poll() > 0);

    const auto& asked = handler.asked;
    const auto turn = std::find(asked.begin(), asked.end(), 'b') - asked.begin();
    CHECK(turn <= 400); // five buffers of 2 KiB: four, and the one that had begun
}

} // namespace latchkey::test
