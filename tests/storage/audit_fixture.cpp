#include "tests/storage/audit_fixture.hpp"

#include "tests/support/patience.hpp"

#include <cstring>
#include <fstream>
#include <sstream>

namespace latchkey::test {

digest weak_digest(std::string_view text)
{
    digest out{};
    for (std::size_t lane = 0; lane < 4; ++lane) {
        std::uint64_t state = 0xcbf29ce484222325u + lane;
        for (const char c : text)
            state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
        std::memcpy(out.data() + 8 * lane, &state, 8);
    }
    return out;
}

std::string read_all(const std::string& path)
{
    std::ifstream in{path, std::ios::binary};
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

void write_all(const std::string& path, const std::string& bytes)
{
    std::ofstream out{path, std::ios::binary | std::ios::trunc};
    out << bytes;
}

std::vector<std::string> lines_of(const std::string& path)
{
    std::vector<std::string> lines;
    std::istringstream in{read_all(path)};
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

void check_mentions(const std::string& text, const std::string& part)
{
    CAPTURE(text, part);
    CHECK(text.find(part) != text.npos);
}

uuid numbered_id(int n)
{
    uuid id{};
    std::memcpy(id.begin(), &n, sizeof n);
    return id;
}

audit_entry numbered_entry(int n)
{
    const bool is_even = n % 2 == 0;
    audit_entry entry;
    entry.id = numbered_id(n);
    entry.time = time_point{std::chrono::seconds{1'750'000'000 + n}};
    entry.actor = numbered_id(is_even ? 1'000'000 : 1'000'001);
    entry.actor_username = is_even ? "Alice" : "bob";
    entry.actor_email = is_even ? "Alice@example.com" : "bob@example.com";
    entry.actor_key = "abcdefghij";
    entry.action = n % 3 == 0 ? "delete" : "create";
    entry.resource_type = n % 5 == 0 ? "user" : "api_key";
    entry.resource_id = numbered_id(is_even ? 1'000'000 : 1'000'001);
    entry.resource_target = n % 7 == 0 ? "" : (n == 13 ? "TOKEN-" : "token-") + std::to_string(n);
    entry.outcome = "allowed";
    entry.status = 201;
    entry.request_id = numbered_id(2'000'000 + n);
    entry.address = "192.0.2.7";
    entry.user_agent = "curl/8";
    entry.diff = R"({"user_id":{"old":"","new":"x","secret":false}})";
    return entry;
}

audit_fixture::audit_fixture()
{
    options.path = path;
    options.digest_of = weak_digest;
    options.probe_interval = std::chrono::milliseconds{1};
}

audit_fixture::~audit_fixture()
{
    pool.stop();
}

void audit_fixture::open()
{
    log.reset();
    auto opened = audit_file::open(options, time, pool);
    if (!opened) FAIL(opened.error().message);
    log = std::move(*opened);
}

std::string audit_fixture::refusal()
{
    auto opened = audit_file::open(options, time, pool);
    REQUIRE_FALSE(opened.has_value());
    return opened.error().message;
}

result<void> audit_fixture::append(audit_entry entry)
{
    return run_task(log->append(std::move(entry)));
}

void audit_fixture::append_numbered(int first, int last)
{
    for (int n = first; n <= last; ++n)
        REQUIRE(append(numbered_entry(n)).has_value());
}

void audit_fixture::append_until_taken(int n)
{
    REQUIRE(becomes_true([&] { return append(numbered_entry(n)).has_value(); }));
}

audit_page audit_fixture::search(audit_query query)
{
    auto page = run_task(log->search(std::move(query)));
    REQUIRE(page.has_value());
    return std::move(*page);
}

} // namespace latchkey::test
