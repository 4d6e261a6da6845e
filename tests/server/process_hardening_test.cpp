#include "server/process_hardening.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace latchkey::test {
namespace {

struct standing {
    bool may_gain_privileges = true;
    bool dumps_memory = true;
};

standing standing_now()
{
    std::string filter;
    std::ifstream{"/proc/self/coredump_filter"} >> filter;
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    return {.may_gain_privileges = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1,
            .dumps_memory = limit.rlim_max != 0 || std::stoul(filter, nullptr, 16) != 0};
}

// In a process of its own, since none of it can be taken back.
standing standing_after(core_dumps dumps)
{
    const pid_t child = ::fork();
    if (child == 0) {
        harden_process(dumps);
        const standing now = standing_now();
        ::_exit((now.may_gain_privileges ? 1 : 0) + (now.dumps_memory ? 2 : 0));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFEXITED(status));
    return {.may_gain_privileges = (WEXITSTATUS(status) & 1) != 0,
            .dumps_memory = (WEXITSTATUS(status) & 2) != 0};
}

} // namespace

TEST_CASE("a server gains no privileges and leaves no memory behind, unless that is wanted",
          "[server][process]")
{
    CHECK_FALSE(standing_after(core_dumps::off).may_gain_privileges);
    CHECK_FALSE(standing_after(core_dumps::off).dumps_memory);
    CHECK_FALSE(standing_after(core_dumps::on).may_gain_privileges);
    CHECK(standing_after(core_dumps::on).dumps_memory == standing_now().dumps_memory);
}

} // namespace latchkey::test
