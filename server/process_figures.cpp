#include "server/process_figures.hpp"

#include "server/exposition.hpp"

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace latchkey {
namespace {

using enum metric_kind;

std::string contents(const char* path)
{
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// The fields of /proc/self/stat behind the program's name, which may hold anything (proc(5)); the first is
// the third there.
std::vector<std::uint64_t> stat_fields()
{
    std::vector<std::uint64_t> fields;
    const std::string text = contents("/proc/self/stat");
    std::size_t at = text.rfind(')');
    while (at != std::string::npos && at + 1 < text.size()) {
        at = text.find_first_not_of(' ', at + 1);
        if (at == std::string::npos) break;
        std::uint64_t number = 0;
        std::from_chars(text.data() + at, text.data() + text.size(), number);
        fields.push_back(number);
        at = text.find(' ', at);
    }
    return fields;
}

std::optional<std::uint64_t> open_descriptors()
{
    // Since Linux 6.2 their number is the directory's size; before that they must be counted.
    struct stat about = {};
    if (::stat("/proc/self/fd", &about) == 0 && about.st_size > 0)
        return static_cast<std::uint64_t>(about.st_size);
    std::error_code ec;
    std::uint64_t count = 0;
    for (std::filesystem::directory_iterator each{"/proc/self/fd", ec}, end; !ec && each != end;
         each.increment(ec))
        ++count;
    return ec || count == 0 ? std::nullopt : std::optional{count - 1}; // without the one that reads
}

} // namespace

void write_process_metrics(exposition& out)
{
    rusage used{};
    if (::getrusage(RUSAGE_SELF, &used) == 0) {
        const auto seconds = [](const timeval& span) {
            return static_cast<double>(span.tv_sec) + static_cast<double>(span.tv_usec) * 1e-6;
        };
        out.only("process_cpu_seconds_total",
                 counter,
                 "Processor time, user and system.",
                 seconds(used.ru_utime) + seconds(used.ru_stime));
    }

    constexpr std::size_t thread_count = 17; // field 20 of proc(5)
    constexpr std::size_t virtual_size = 20;
    constexpr std::size_t resident_pages = 21;
    if (const auto fields = stat_fields(); fields.size() > resident_pages) {
        const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        out.only("process_resident_memory_bytes", gauge, "Memory in use.", fields[resident_pages] * page);
        out.only("process_virtual_memory_bytes", gauge, "Address space in use.", fields[virtual_size]);
        out.only("process_threads", gauge, "Threads.", fields[thread_count]);
    }

    if (const auto count = open_descriptors())
        out.only("process_open_fds", gauge, "Open file descriptors.", *count);
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        out.only("process_max_fds",
                 gauge,
                 "How many file descriptors may be open.",
                 static_cast<std::uint64_t>(limit.rlim_cur));
    }
}

} // namespace latchkey
