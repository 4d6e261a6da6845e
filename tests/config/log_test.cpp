#include "auth/secret.hpp"
#include "server/log.hpp"
#include "tests/support/catch.hpp"

#include <boost/json/parse.hpp>

#include <limits>
#include <mutex>
#include <new>
#include <thread>

using namespace latchkey;

namespace {

// 2026-01-02T03:04:05.678901Z
struct fixed_clock final : clock {
    time_point now() const noexcept override { return time_point{microseconds{1'767'323'045'678'901}}; }
};

struct recorded_log {
    fixed_clock time;
    std::string written;

    logger make(log_format format, log_level least = log_level::debug)
    {
        return {least, format, time, [this](std::string_view line) { written += line; }};
    }
};

template <class Value>
constexpr bool can_be_logged = std::is_constructible_v<log_field, std::string_view, Value>;

static_assert(can_be_logged<std::string> && can_be_logged<const char*> && can_be_logged<bool> &&
              can_be_logged<std::uint16_t> && can_be_logged<double>);
static_assert(!can_be_logged<secret_text> && !can_be_logged<const secret_text&>);
static_assert(!can_be_logged<token_secret> && !can_be_logged<const token_secret&>);
static_assert(!std::is_convertible_v<const secret_text&, std::string_view>);
static_assert(!can_be_logged<const void*>, "an address tells nothing and helps an attacker");

} // namespace

TEST_CASE("a text line has a time, a level, the message and aligned fields", "[server][log]")
{
    recorded_log log;

    log.make(log_format::text)
        .info("serving", {{"address", "127.0.0.1:7080"}, {"threads", 2}, {"ready", true}});

    CHECK(log.written == "2026-01-02T03:04:05.678Z INFO    serving                          "
                         "address=127.0.0.1:7080 threads=2 ready=true\n");
}

TEST_CASE("text values are quoted where a reader would be misled", "[server][log]")
{
    recorded_log log;

    log.make(log_format::text)
        .warning("x", {{"a", "two words"}, {"b", ""}, {"c", "k=v"}, {"d", "say \"hi\""}});

    CHECK(log.written.ends_with(R"( a="two words" b="" c="k=v" d="say \"hi\"")"
                                "\n"));
}

TEST_CASE("a json line is one object whose values keep their types", "[server][log]")
{
    recorded_log log;

    log.make(log_format::json)
        .error("cannot open",
               {{"file", "a\"b\\c\nd"},
                {"why", make_error_code(boost::system::errc::permission_denied)},
                {"least", std::numeric_limits<std::int64_t>::min()},
                {"greatest", std::numeric_limits<std::uint64_t>::max()},
                {"ratio", 0.5},
                {"unknown", std::numeric_limits<double>::quiet_NaN()},
                {"ready", false}});

    REQUIRE(log.written.find('\n') == log.written.size() - 1);
    const auto line = boost::json::parse(log.written).as_object();
    CHECK(line.at("time") == "2026-01-02T03:04:05.678Z");
    CHECK(line.at("level") == "error");
    CHECK(line.at("message") == "cannot open");
    CHECK(line.at("file") == "a\"b\\c\nd");
    CHECK(line.at("why") == "Permission denied");
    CHECK(line.at("least").to_number<std::int64_t>() == std::numeric_limits<std::int64_t>::min());
    CHECK(line.at("greatest").to_number<std::uint64_t>() == std::numeric_limits<std::uint64_t>::max());
    CHECK(line.at("ratio") == 0.5);
    CHECK(line.at("unknown").is_null());
    CHECK(line.at("ready") == false);
}

TEST_CASE("log encoding: no value can begin a line, move the cursor or break the encoding", "[server][log]")
{
    struct row {
        std::string_view value;
        std::string_view written;
        std::string_view reason;
    };
    const row rows[] = {
        {"a\r\nb", "a\\u000d\\nb", "a line of its own"},
        {"\x1b[31m", "\\u001b[31m", "a terminal's escape"},
        {"\xc2\x9b"
         "31m",
         "\\u009b31m",
         "the same in one C1 character"},
        {"\x7f", "\\u007f", "DEL"},
        {std::string_view{"\0", 1}, "\\u0000", "NUL"},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "letters stay"},
        {"\xff", "\xef\xbf\xbd", "no UTF-8"},
        {"\xc3", "\xef\xbf\xbd", "cut short"},
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", "overlong"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "a surrogate"},
    };
    for (const row& each : rows) {
        for (const auto format : {log_format::text, log_format::json}) {
            INFO(each.reason);
            recorded_log log;

            log.make(format).info("x", {{"v", each.value}});

            CHECK(log.written.find(each.written) != std::string::npos);
            CHECK(std::ranges::count(log.written, '\n') == 1);
        }
    }
}

TEST_CASE("messages and names are escaped like values", "[server][log]")
{
    for (const auto format : {log_format::text, log_format::json}) {
        recorded_log log;

        log.make(format).info("a\nb", {{"c\nd", 1}});

        CHECK(std::ranges::count(log.written, '\n') == 1);
    }
}

TEST_CASE("lines below the level are not written", "[server][log]")
{
    recorded_log log;
    const auto quiet = log.make(log_format::text, log_level::warning);

    quiet.debug("no");
    quiet.info("no");
    CHECK(log.written.empty());
    CHECK_FALSE(quiet.is_on(log_level::info));

    quiet.warning("yes");
    quiet.error("yes");
    CHECK(std::ranges::count(log.written, '\n') == 2);
}

TEST_CASE("each line reaches the sink whole, whichever thread writes it", "[server][log]")
{
    fixed_clock time;
    std::mutex guard;
    std::vector<std::string> lines;
    const logger log{log_level::info, log_format::json, time, [&](std::string_view line) {
                         const std::lock_guard locked{guard};
                         lines.emplace_back(line);
                     }};
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&log, thread] {
                for (int i = 0; i < 100; ++i)
                    log.info("turn", {{"thread", thread}, {"i", i}});
            });
        }
    }

    CHECK(lines.size() == 400);
    for (const auto& line : lines)
        CHECK(boost::json::parse(line).as_object().size() == 5);
}

TEST_CASE("a sink that fails fails no caller", "[server][log]")
{
    fixed_clock time;
    const logger log{
        log_level::info, log_format::text, time, [](std::string_view) { throw std::bad_alloc{}; }};

    log.error("lost");

    STATIC_REQUIRE(noexcept(log.error("lost")));
}
