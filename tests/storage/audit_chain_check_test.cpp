#include "storage/audit_chain_check.hpp"
#include "tests/storage/audit_fixture.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/result_text.hpp"

#include <atomic>
#include <chrono>
#include <latch>
#include <optional>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;

namespace {

// Lets a test hold a check in the middle of its first line.
struct gate {
    std::latch entered{1};
    std::latch open{1};
    std::atomic<bool> used{false};
};
std::atomic<gate*> held_at{nullptr};

digest held_digest(std::string_view text)
{
    gate* const here = held_at;
    if (here && !here->used.exchange(true)) {
        here->entered.count_down();
        here->open.wait();
    }
    return weak_digest(text);
}

} // namespace

TEST_CASE("a log that is being written verifies, again and again", "[storage][audit_chain_check]")
{
    audit_fixture audit;
    audit.open();
    audit_chain_check check{audit.path, weak_digest};
    for (int round = 0; round < 3; ++round) {
        audit.append_numbered(10 * round + 1, 10 * round + 10);

        const result<audit_verdict> verdict = run_task(check.run());

        REQUIRE(verdict.has_value());
        CHECK_FALSE(verdict->fault.has_value());
        CHECK(verdict->entries == static_cast<std::uint64_t>(10 * round + 10));
    }
}

TEST_CASE("damage is still found after the looks that allow for a writer at work",
          "[storage][audit_chain_check]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 10);
    audit.close();
    std::string bytes = read_all(audit.path);
    const std::size_t at = bytes.find("bob");
    REQUIRE(at != std::string::npos);
    bytes[at] = 'B';
    write_all(audit.path, bytes);

    audit_chain_check check{audit.path, weak_digest};
    const result<audit_verdict> verdict = run_task(check.run());

    REQUIRE(verdict.has_value());
    REQUIRE(verdict->fault.has_value());
    CHECK(verdict->fault->what == audit_damage::changed);
}

TEST_CASE("while one check runs another is refused, and stopping breaks it off",
          "[storage][audit_chain_check]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 10);
    gate here;
    held_at = &here;
    audit_chain_check check{audit.path, held_digest};
    asio::io_context context{1};
    std::optional<result<audit_verdict>> first;
    asio::co_spawn(context, check.run(), [&](const std::exception_ptr&, result<audit_verdict> got) {
        first.emplace(std::move(got));
    });
    context.poll();
    here.entered.wait();

    const result<audit_verdict> second = run_task(check.run());
    REQUIRE(second.has_error());
    CHECK(second.error() == storage_errc::overloaded);

    SECTION("let go on, it ends well, and the next one may run")
    {
        here.open.count_down();
        const auto last_moment = std::chrono::steady_clock::now() + patience;
        while (!first && context.run_one_until(last_moment) > 0) {
        }
        REQUIRE((first && first->has_value()));
        CHECK((*first)->entries == 10);
        CHECK(run_task(check.run()).has_value());
    }
    SECTION("stopped, it ends, and no other begins")
    {
        std::thread stopping{[&] { check.stop(); }};
        here.open.count_down();
        stopping.join();
        context.run();
        REQUIRE(first);
        CHECK(run_task(check.run()).has_error());
    }
    held_at = nullptr;
}
