#include "server/health_watch.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/patience.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

using namespace latchkey;
using namespace latchkey::test;

namespace {

// Something whose health a test sets, and the lines that were written about it.
class watched_part {
public:
    void set(bool works, std::string problem)
    {
        const std::lock_guard lock{mutex_};
        now_ = {works, std::move(problem)};
        looks_ = 0;
    }

    health_watch::state look()
    {
        const std::lock_guard lock{mutex_};
        ++looks_;
        return now_;
    }

    void write(std::string_view line)
    {
        const std::lock_guard lock{mutex_};
        lines_.emplace_back(line);
    }

    // The lines so far, once it was looked at twice in its present state: the first look was told of then.
    std::vector<std::string> lines()
    {
        std::vector<std::string> told;
        REQUIRE(becomes_true([&] {
            const std::lock_guard lock{mutex_};
            told = lines_;
            return looks_ >= 2;
        }));
        return told;
    }

private:
    std::mutex mutex_;
    health_watch::state now_;
    int looks_ = 0;
    std::vector<std::string> lines_;
};

} // namespace

TEST_CASE("a part that fails is logged once, and so is that it works again",
          "[server][health_watch][security]")
{
    watched_part part;
    const fake_clock now;
    const logger log{
        log_level::info, log_format::text, now, [&part](std::string_view line) { part.write(line); }};
    const health_watch watch{
        {{"the audit log", [&part] { return part.look(); }}}, log, std::chrono::milliseconds{1}};
    CHECK(part.lines().empty());

    part.set(false, "No space left on device");
    CHECK(part.lines().size() == 1);
    part.set(false, "No space left on device, still"); // other words for the same
    auto lines = part.lines();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("ERROR") != std::string::npos);
    CHECK(lines[0].find("the audit log does not work") != std::string::npos);
    CHECK(lines[0].find("No space left on device") != std::string::npos);

    part.set(true, "");
    lines = part.lines();
    REQUIRE(lines.size() == 2);
    CHECK(lines[1].find("the audit log works again") != std::string::npos);

    part.set(true, "the head record cannot be written");
    lines = part.lines();
    REQUIRE(lines.size() == 3);
    CHECK(lines[2].find("WARNING") != std::string::npos);
}
