#include "server/rate_limiter.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

#include <string>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

const rate_subject somebody = uuid{{1}};
const rate_subject somebody_else = uuid{{2}};

rate_limits limits(unsigned api, unsigned login)
{
    rate_limits made;
    made.api = api;
    made.login = login;
    return made;
}

// How many of `tries` requests are let through.
unsigned
passed(rate_limiter& limiter, rate_class what, const rate_subject& who, std::string_view path, unsigned tries)
{
    unsigned count = 0;
    for (unsigned nth = 0; nth < tries; ++nth)
        if (!limiter.count(what, who, path).refused) ++count;
    return count;
}

// At the very beginning of a window.
void go_to_window_start(test::fake_clock& now)
{
    const auto into = now.now().time_since_epoch() % rate_limiter::window;
    now.advance(std::chrono::duration_cast<microseconds>(rate_limiter::window - into));
}

rate_subject address(const char* text)
{
    return boost::asio::ip::make_address(text);
}

} // namespace

TEST_CASE("the request one past the limit is refused, and told when to come back", "[server][rate_limiter]")
{
    test::fake_clock now;
    go_to_window_start(now);
    rate_limiter limiter{limits(512, 60), now};
    now.advance(15s);

    rate_decision last;
    for (int nth = 1; nth <= 512; ++nth) {
        last = limiter.count(rate_class::api, somebody, "/a");
        REQUIRE_FALSE(last.refused);
        REQUIRE(last.remaining == 512u - static_cast<unsigned>(nth));
    }
    const rate_decision refused = limiter.count(rate_class::api, somebody, "/a");

    CHECK(last.limit == 512);
    CHECK(refused.refused);
    CHECK(refused.limit == 512);
    CHECK(refused.remaining == 0);
    CHECK(refused.retry_after == 45s);
    CHECK(refused.reset.time_since_epoch() ==
          std::chrono::floor<std::chrono::seconds>(now.now().time_since_epoch()) + 45s);
}

TEST_CASE("logins have a limit of their own", "[server][rate_limiter]")
{
    test::fake_clock now;
    rate_limiter limiter{limits(512, 60), now};

    CHECK(passed(limiter, rate_class::login, somebody, "/login", 61) == 60);
    CHECK(passed(limiter, rate_class::api, somebody, "/login", 1) == 1);
}

TEST_CASE("callers and endpoints are counted apart", "[server][rate_limiter]")
{
    test::fake_clock now;
    rate_limiter limiter{limits(3, 60), now};

    CHECK(passed(limiter, rate_class::api, somebody, "/a", 4) == 3);
    CHECK(passed(limiter, rate_class::api, somebody, "/b", 4) == 3);
    CHECK(passed(limiter, rate_class::api, somebody_else, "/a", 4) == 3);
    CHECK(passed(limiter, rate_class::api, address("192.0.2.1"), "/a", 4) == 3);
    CHECK(passed(limiter, rate_class::api, address("192.0.2.2"), "/a", 4) == 3);
}

TEST_CASE("the addresses of one IPv6 subscriber count together", "[server][rate_limiter]")
{
    test::fake_clock now;
    rate_limiter limiter{limits(3, 60), now};

    CHECK(passed(limiter, rate_class::api, address("2001:db8:0:1::1"), "/a", 3) == 3);
    CHECK(passed(limiter, rate_class::api, address("2001:db8:0:1:ffff::2"), "/a", 1) == 0);
    CHECK(passed(limiter, rate_class::api, address("2001:db8:0:2::1"), "/a", 1) == 1);
}

TEST_CASE("what the last minute counted fades out over the next", "[server][rate_limiter]")
{
    test::fake_clock now;
    go_to_window_start(now);
    rate_limiter limiter{limits(100, 60), now};
    REQUIRE(passed(limiter, rate_class::api, somebody, "/a", 100) == 100);

    now.advance(60s);
    CHECK(passed(limiter, rate_class::api, somebody, "/a", 1) == 0);

    now.advance(30s); // half of the hundred still counts
    CHECK(passed(limiter, rate_class::api, somebody, "/a", 100) == 50);

    now.advance(90s); // that window has faded to half as well
    CHECK(passed(limiter, rate_class::api, somebody, "/a", 100) == 100);
}

TEST_CASE("a refused request does not count", "[server][rate_limiter]")
{
    test::fake_clock now;
    go_to_window_start(now);
    rate_limiter limiter{limits(10, 60), now};
    CHECK(passed(limiter, rate_class::api, somebody, "/a", 1000) == 10);

    now.advance(90s);

    CHECK(passed(limiter, rate_class::api, somebody, "/a", 1000) == 5);
}

TEST_CASE("a limit of nought turns all of them off", "[server][rate_limiter]")
{
    test::fake_clock now;
    rate_limiter limiter{limits(0, 60), now};

    CHECK(passed(limiter, rate_class::api, somebody, "/a", 2000) == 2000);
    CHECK(passed(limiter, rate_class::login, somebody, "/a", 2000) == 2000);
    CHECK_FALSE(limiter.count(rate_class::api, somebody, "/a").applies);
    CHECK(limiter.tracked() == 0);
}

TEST_CASE("routes without a limit are never counted", "[server][rate_limiter]")
{
    test::fake_clock now;
    rate_limiter limiter{limits(1, 1), now};

    CHECK(passed(limiter, rate_class::unlimited, somebody, "/healthz", 100) == 100);
    CHECK(limiter.tracked() == 0);
}

TEST_CASE("a flood of callers does not make the table grow, nor touch the counters of logins",
          "[server][rate_limiter]")
{
    test::fake_clock now;
    rate_limits bounded = limits(512, 60);
    bounded.tracked_callers = 256;
    rate_limiter limiter{bounded, now};
    REQUIRE(passed(limiter, rate_class::login, somebody, "/login", 60) == 60);

    for (int nth = 0; nth < 5000; ++nth)
        (void)limiter.count(rate_class::api, somebody, "/" + std::to_string(nth));

    CHECK(limiter.tracked() <= 256 + 1);
    CHECK(limiter.tracked() >= 200);
    CHECK(passed(limiter, rate_class::login, somebody, "/login", 1) == 0);

    now.advance(120s);
    for (int nth = 0; nth < 1000; ++nth)
        (void)limiter.count(rate_class::api, somebody, "/" + std::to_string(nth));
    now.advance(120s);
    CHECK(passed(limiter, rate_class::api, somebody, "/x", 1) == 1);
}

TEST_CASE("guesses have a limit of their own, and a flood of other kinds does not push them out",
          "[server][rate_limiter]")
{
    test::fake_clock now;
    rate_limits few = limits(1000000, 1000000);
    few.guess = 2;
    few.tracked_callers = 1;
    rate_limiter limiter{few, now};
    CHECK(passed(limiter, rate_class::guess, address("192.0.2.1"), "", 5) == 2);
    for (std::uint8_t nth = 0; nth < 200; ++nth) {
        const rate_subject other = uuid{{nth, 1}};
        CHECK(passed(limiter, rate_class::api, other, "/a", 1) == 1);
        CHECK(passed(limiter, rate_class::login, other, "/a", 1) == 1);
    }
    CHECK(passed(limiter, rate_class::guess, address("192.0.2.1"), "", 5) == 0);
}
