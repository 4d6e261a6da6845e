#include "storage/audit_json.hpp"
#include "storage/audit_line.hpp"
#include "tests/storage/audit_fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <limits>

using namespace latchkey;
using test::numbered_entry;

namespace {

std::string chained_line_of(const audit_entry& entry, audit_link link = {7, {}})
{
    std::string line;
    append_audit_line(line, audit_text{entry}, link);
    return line;
}

audit_entry read_back(const std::string& line)
{
    const auto scanned = scan_audit_line(line);
    REQUIRE(scanned.has_value());
    return to_entry(*scanned);
}

} // namespace

TEST_CASE("an audit line has its fields in a fixed order", "[storage][audit_line]")
{
    audit_entry entry = numbered_entry(1);
    entry.time += std::chrono::microseconds{42};
    digest prev{};
    prev[0] = 0xAB;

    CHECK(chained_line_of(entry, {12, prev}) ==
          R"({"seq":12,"time":"2025-06-15T15:06:41.000042Z","id":"01000000-0000-0000-0000-000000000000",)"
          R"("actor":{"id":"41420f00-0000-0000-0000-000000000000","username":"bob",)"
          R"("email":"bob@example.com","key":"abcdefghij"},"action":"create",)"
          R"("resource":{"type":"api_key","id":"41420f00-0000-0000-0000-000000000000","target":"token-1"},)"
          R"("outcome":"allowed","status":201,"request_id":"81841e00-0000-0000-0000-000000000000",)"
          R"("address":"192.0.2.7","user_agent":"curl/8",)"
          R"("diff":{"user_id":{"old":"","new":"x","secret":false}},"additional_fields":{},"prev":"ab)" +
              std::string(62, '0') + R"("})");
}

TEST_CASE("every field of an audit entry comes back from its line", "[storage][audit_line]")
{
    audit_entry entry = numbered_entry(2);
    entry.resource_target = "quote \" backslash \\ newline \n euro \xE2\x82\xAC";
    entry.additional_fields = {{"n", -3}, {"list", {1, 2.5, nullptr, true, {{"deep", "\t"}}}}};

    const std::string line = chained_line_of(entry);
    const audit_entry back = read_back(line);

    CHECK(line.find('\n') == line.npos);
    CHECK(back.resource_target == entry.resource_target);
    CHECK(back.additional_fields == entry.additional_fields);
    CHECK(back.diff == entry.diff);
    CHECK(back.actor == entry.actor);
    CHECK(back.resource_id == entry.resource_id);
    CHECK(back.time == entry.time);
    CHECK(chained_line_of(back) == line);
}

TEST_CASE("a log knows of an entry that it writes what it would read in the line", "[storage][audit_line]")
{
    audit_entry quoting = numbered_entry(2);
    quoting.resource_target = "quote \" backslash \\";
    quoting.actor_username = "\x01"
                             "b\xC3\xA9";
    audit_entry nobodys;
    nobodys.resource_type = "user";
    audit_entry late = numbered_entry(3);
    late.time = time_point::max();
    audit_entry long_winded = numbered_entry(4);
    long_winded.actor_email = std::string(5000, 'e');

    for (const audit_entry& entry : {quoting, nobodys, late, long_winded, numbered_entry(5)}) {
        const audit_text text{entry};
        std::string line;
        append_audit_line(line, text, {.seq = 7});
        const auto scanned = scan_audit_line(line);
        REQUIRE(scanned);
        CHECK(text.facts() == facts_of(*scanned));
        CHECK(text.facts().request_id == entry.request_id);
        const audit_text moved = audit_text{text};
        CHECK(moved.facts() == facts_of(*scanned));
    }
}

TEST_CASE("an entry without an actor or a resource id has null in their place", "[storage][audit_line]")
{
    audit_entry entry;
    CHECK(chained_line_of(entry).find(R"("actor":null)") != std::string::npos);
    CHECK_FALSE(read_back(chained_line_of(entry)).resource_id.has_value());

    // A failed login names somebody who was not proven.
    entry.actor_username = "alice";
    const audit_entry back = read_back(chained_line_of(entry));
    CHECK_FALSE(back.actor.has_value());
    CHECK(back.actor_username == "alice");
}

TEST_CASE("text that could break a line or a terminal is made harmless", "[storage][audit_line]")
{
    struct row {
        std::string text;
        std::string kept;
        const char* reason;
    };
    const row rows[] = {
        {"\x1B[2J", "\x1B[2J", "an escape sequence, kept in escaped form"},
        {std::string{"a\0b", 3}, std::string{"a\0b", 3}, "NUL, escaped"},
        {"\x7F", "\x7F", "DEL, escaped"},
        {"\xC2\x9B", "\xC2\x9B", "C1 control, escaped"},
        {"\xE2\x80\xA8", "\xE2\x80\xA8", "line separator, escaped"},
        {"a\xFF", "a\xEF\xBF\xBD", "not UTF-8 at all"},
        {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD", "overlong form"},
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", "surrogate"},
        {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", "beyond Unicode"},
        {"\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD", "cut sequence"},
        {"\xF0\x9F\x94\x91", "\xF0\x9F\x94\x91", "four bytes are fine"},
    };
    for (const row& one : rows) {
        CAPTURE(one.reason);
        audit_entry entry;
        entry.user_agent = one.text;
        entry.additional_fields = {{one.text, one.text}};

        const std::string line = chained_line_of(entry);

        for (const char c : line)
            REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
        CHECK(line.find("\xC2\x9B") == line.npos);
        CHECK(line.find("\xE2\x80\xA8") == line.npos);
        CHECK(read_back(line).user_agent == one.kept);
        CHECK(read_back(line).additional_fields.at(one.kept).as_string() == one.kept);
        CHECK(boost::json::parse(line).at("user_agent").as_string() == one.kept);
    }
}

TEST_CASE("what is too long, too deep or no JSON is cut, and the line says so", "[storage][audit_line]")
{
    audit_entry entry;
    const std::string fitting(1023, 'x');
    entry.user_agent = fitting;
    entry.user_agent.append("\xE2\x82\xAC");
    entry.diff = R"({"a":")" + std::string(50'000, 'y') + "\"}";
    boost::json::value nested = "bottom";
    for (int depth = 0; depth < 100; ++depth)
        nested = boost::json::array{nested};
    entry.additional_fields = {{"nested", nested}, {"inf", std::numeric_limits<double>::infinity()}};

    const audit_entry back = read_back(chained_line_of(entry));

    CHECK(back.user_agent == fitting);
    CHECK(back.diff == R"({"left_out_bytes":50008})");
    CHECK(back.additional_fields.at("inf").is_null());
    CHECK(boost::json::serialize(back.additional_fields).find("bottom") == std::string::npos);
}

TEST_CASE("the worst entry still fits a line", "[storage][audit_line]")
{
    const std::string worst(100'000, '\x01');
    audit_entry entry;
    for (std::string* text : {&entry.actor_username,
                              &entry.actor_email,
                              &entry.actor_key,
                              &entry.action,
                              &entry.resource_type,
                              &entry.resource_target,
                              &entry.outcome,
                              &entry.address,
                              &entry.user_agent})
        *text = worst;
    entry.additional_fields = {{"a", std::string(2'700, '\x01')}};
    append_json_object(entry.diff, entry.additional_fields);

    const std::string line = chained_line_of(entry, {std::numeric_limits<std::uint64_t>::max(), {}});

    CHECK(line.size() <= audit_line_limit);
    CHECK(scan_audit_line(line).has_value());
}

TEST_CASE("only a whole, canonical line is taken for an entry", "[storage][audit_line]")
{
    const std::string good = chained_line_of(numbered_entry(3));
    const auto with = [&good](const std::string& from, const std::string& to) {
        std::string changed = good;
        const std::size_t at = changed.find(from);
        REQUIRE(at != changed.npos);
        return changed.replace(at, from.size(), to);
    };
    struct row {
        std::string line;
        const char* reason;
    };
    const row rows[] = {
        {"", "empty"},
        {"{}", "no fields"},
        {good + " ", "something behind it"},
        {" " + good, "something in front of it"},
        {with("\"seq\":7", "\"seq\":07"), "leading zero"},
        {with("\"seq\":7", "\"seq\":0"), "seq begins at 1"},
        {with("\"seq\":7", "\"seq\":-7"), "negative"},
        {with("\"seq\":7", "\"seq\":99999999999999999999"), "beyond 64 bits"},
        {with("\"seq\":7", "\"seq\": 7"), "space"},
        {with("2025-06-15", "2025-02-30"), "no such day"},
        {with("T15:", "T24:"), "no such hour"},
        {with("\"status\":201", "\"status\":\"201\""), "wrong type"},
        {with("\"outcome\"", "\"outcame\""), "unknown field"},
        {with("bob@", "bob\\n@"), "an escape that is never written"},
        {with("bob@", "bob\xFF@"), "not UTF-8"},
        {with("bob@", "bob\t@"), "raw control character"},
        {with("\"diff\":{", "\"diff\":{,"), "diff is not JSON"},
        {with("\"additional_fields\":{}", "\"additional_fields\":[]"), "not an object"},
        {with("\"prev\":\"00", "\"prev\":\"0G"), "not hex"},
        {std::string(audit_line_limit + 1, ' '), "too long"},
    };
    CHECK(scan_audit_line(good).has_value());
    for (const row& one : rows) {
        CAPTURE(one.reason);
        CHECK_FALSE(scan_audit_line(one.line).has_value());
    }
    for (std::size_t size = 0; size < good.size(); ++size)
        REQUIRE_FALSE(scan_audit_line(std::string_view{good}.substr(0, size)).has_value());
}
