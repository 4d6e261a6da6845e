#include "server/process_hardening.hpp"

#include "storage/file_descriptor.hpp"

#include <fcntl.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace latchkey {

void harden_process(core_dumps dumps) noexcept
{
    ::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL);
    if (dumps == core_dumps::on) return;
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    ::setrlimit(RLIMIT_CORE, &none);
    const file_descriptor filter{::open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC)};
    constexpr std::string_view no_memory = "0";
    // Where there is no such file, the limit has to do.
    [[maybe_unused]] const ssize_t written = ::write(filter.number(), no_memory.data(), no_memory.size());
}

} // namespace latchkey
