#include "server/repeated_head.hpp"
#include "server/request_parser.hpp"
#include "tests/support/catch.hpp"

#include <string>

namespace latchkey::test {
namespace {

const std::string good_head = "GET /verify?scope=a HTTP/1.1\r\nHost: keys\r\nUser-Agent: u\r\n"
                              "Authorization: Bearer abcdefghij-0123456789ABCDEFGHIJKL\r\nAccept: *\r\n\r\n";

// A connection's input buffer, and what it remembers of the first head in it.
struct connection {
    explicit connection(std::string_view first)
    {
        const std::string_view bytes = receive(first);
        request_parser parser{parsed, limits};
        REQUIRE(parser.read_head(bytes) == parse_progress::done);
        last.remember(bytes, parsed);
    }

    bool recognises(std::string_view bytes, std::size_t at = 0)
    {
        return last.repeats_in(receive(bytes, at));
    }

    std::string_view receive(std::string_view bytes, std::size_t at = 0)
    {
        input.replace(at, bytes.size(), bytes);
        return std::string_view{input}.substr(at, bytes.size());
    }

    http_limits limits;
    std::string input = std::string(2048, ' ');
    request parsed;
    repeated_head last;
};

std::string description(const request& asked)
{
    std::string text;
    for (const std::string_view part : {asked.method_text,
                                        asked.target,
                                        asked.path,
                                        asked.query,
                                        asked.host,
                                        asked.authorization,
                                        asked.session_token,
                                        asked.cookie,
                                        asked.user_agent,
                                        asked.csrf_token,
                                        asked.bypass_limit,
                                        asked.forwarded_for}) {
        text.append(part).push_back('\n');
    }
    return text + std::to_string(asked.version) + (asked.keep_alive ? "k" : "c") +
           (asked.authorization_repeated ? "r" : "") + (asked.has_body ? "b" : "");
}

std::string with_token(std::string_view token)
{
    std::string other = good_head;
    return other.replace(good_head.find("abcdefghij"), 33, token);
}

} // namespace

// Found by fuzzing: the "/" that stands for it is not among the bytes, and was moved as if it were.
TEST_CASE("A head whose absolute target leaves the path out is not remembered")
{
    for (const std::string target : {"http://a", "http://a?scope=b"}) {
        CAPTURE(target);
        const std::string first = "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
        connection one{first};

        CHECK_FALSE(one.recognises(first, first.size()));
    }
}

TEST_CASE("A head that differs only in its token is recognised, and its views outlive the bytes that came")
{
    connection one{good_head};
    const std::string first = description(one.parsed);
    one.receive(std::string(one.input.size(), 'x'));
    CHECK(description(one.parsed) == first);

    REQUIRE(one.recognises(with_token("0987654321-zyxwvutsrqponmlkjihgfe") + "GET", 500));
    one.receive(std::string(one.input.size(), 'x'));
    CHECK(one.parsed.authorization == "Bearer 0987654321-zyxwvutsrqponmlkjihgfe");
    CHECK(one.parsed.query == "scope=a");
    CHECK(one.parsed.user_agent == "u");
    REQUIRE(one.recognises(good_head, 7));
    CHECK(description(one.parsed) == first);
}

TEST_CASE("Whatever byte of a head is changed, a recognised head is one that the parser reads the same")
{
    connection one{good_head};
    std::size_t recognised = 0;
    for (std::size_t at = 0; at < good_head.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string changed = good_head;
            changed[at] = static_cast<char>(byte);
            const auto alike = one.last.request_in(one.receive(changed), one.parsed);
            REQUIRE(alike.has_value() == one.recognises(changed));
            if (!alike) continue;
            ++recognised;
            request fresh;
            request_parser parser{fresh, one.limits};
            CAPTURE(at, byte);
            REQUIRE(parser.read_head(changed) == parse_progress::done);
            REQUIRE(parser.head_size() == changed.size());
            REQUIRE(description(fresh) == description(one.parsed));
            REQUIRE(description(fresh) == description(*alike));
        }
    }
    // Each of the token's 33 characters may be any of '!' to '~'; the head itself is met once at each byte.
    CHECK(recognised == 33 * 94 + good_head.size() - 33);
}

TEST_CASE("A head that is cut short, or whose token has another length, is not recognised")
{
    connection one{good_head};
    for (std::size_t cut = 0; cut < good_head.size(); ++cut)
        REQUIRE_FALSE(one.recognises(std::string_view{good_head}.substr(0, cut)));
    CHECK_FALSE(one.recognises(with_token("abcdefghij-0123456789ABCDEFGHIJK")));
    CHECK_FALSE(one.recognises(with_token("abcdefghij-0123456789ABCDEFGHIJKLM")));
    CHECK(one.recognises(good_head));
}

TEST_CASE("The token of a Coder-Session-Token line may differ as well, one in a query or cookie may not")
{
    const auto is_recognised = [](const std::string& line, const std::string& other) {
        connection one{"GET /verify" + line + "\r\n\r\n"};
        return one.recognises("GET /verify" + other + "\r\n\r\n");
    };
    const std::string session = " HTTP/1.1\r\nHost: a\r\nCoder-Session-Token: ";
    CHECK(is_recognised(session + "abcdefghij-1", session + "abcdefghij-2"));
    const std::string cookie = " HTTP/1.1\r\nHost: a\r\nCookie: coder_session_token=";
    CHECK_FALSE(is_recognised(cookie + "abcdefghij-1", cookie + "abcdefghij-2"));
    CHECK_FALSE(is_recognised("?access_token=1 HTTP/1.1\r\nHost: a", "?access_token=2 HTTP/1.1\r\nHost: a"));
}

TEST_CASE("A head that was forgotten or is too large is not recognised")
{
    connection one{good_head};
    one.last.forget();
    CHECK_FALSE(one.recognises(good_head));

    const std::string large =
        "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: " + std::string(600, 'u') + "\r\n\r\n";
    connection other{large};
    CHECK_FALSE(other.recognises(large));
}

} // namespace latchkey::test
