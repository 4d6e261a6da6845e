// What the audit log costs: appends a second at 64 in flight for each sync policy, then, over a million
// entries, how long the index takes to build, what searches take, also with 100,000 entries of other servers
// among them, and how fast the chain is verified.
// The chain's digest is a stand-in: what SHA-256 costs (a line is about 570 bytes) comes on top.
//
//   audit_bench [ENTRIES] [DIRECTORY]
#include "storage/audit_file.hpp"
#include "storage/audit_verify.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace latchkey {
namespace {

digest stand_in_digest(std::string_view text)
{
    std::uint64_t lanes[4] = {1, 2, 3, 4};
    for (std::size_t at = 0; at + 8 <= text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, 8);
        auto& lane = lanes[at / 8 % 4];
        lane = (lane ^ word) * 0x9E3779B97F4A7C15u;
        lane ^= lane >> 29;
    }
    digest out{};
    std::memcpy(out.data(), lanes, sizeof lanes);
    return out;
}

uuid numbered_id(std::uint64_t n)
{
    uuid id{};
    std::memcpy(id.begin(), &n, sizeof n);
    return id;
}

audit_entry entry_for(std::uint64_t n, time_point now)
{
    const std::uint64_t person = n % 5000;
    audit_entry entry;
    entry.id = numbered_id(n);
    entry.time = now;
    entry.actor = numbered_id(person);
    entry.actor_username = "user-" + std::to_string(person);
    entry.actor_email = entry.actor_username + "@example.com";
    entry.actor_key = "abcdefghij";
    entry.action = n % 4 == 0 ? "delete" : "create";
    entry.resource_type = "api_key";
    entry.resource_id = entry.actor;
    entry.resource_target = "deploy-" + std::to_string(n);
    entry.outcome = "allowed";
    entry.status = 201;
    entry.request_id = numbered_id(n ^ 0xFFFFFFFF);
    entry.address = "192.0.2.7";
    entry.user_agent = "coder/2.20 (linux/amd64)";
    return entry;
}

double seconds_since(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct load {
    audit_file* log = nullptr;
    const clock* time = nullptr;
    std::uint64_t next = 0;
    std::uint64_t end = 0;
    bool has_failed = false;
};

task<void> append_until_end(load* work)
{
    while (work->next < work->end) {
        audit_entry entry = entry_for(work->next++, work->time->now());
        const result<void> appended = co_await work->log->append(std::move(entry));
        if (!appended) work->has_failed = true;
    }
}

double append(audit_file& log, const clock& time, std::uint64_t count)
{
    constexpr int in_flight = 64;
    load work{&log, &time, 0, count};
    asio::io_context context{1};
    const auto start = std::chrono::steady_clock::now();
    for (int caller = 0; caller < in_flight; ++caller)
        asio::co_spawn(context, append_until_end(&work), asio::detached);
    context.run();
    if (work.has_failed) std::puts("an append failed: the figure below is void");
    return seconds_since(start);
}

std::unique_ptr<audit_file> open(const audit_options& options, const clock& time, worker_pool& pool)
{
    auto log = audit_file::open(options, time, pool);
    if (log) return std::move(*log);
    std::puts(log.error().message.c_str());
    std::exit(1);
}

task<void> search_into(audit_file* log, audit_query query, result<audit_page>* page)
{
    *page = co_await log->search(std::move(query));
}

void time_search(audit_file& log, const char* name, const audit_query& query)
{
    asio::io_context context{1};
    result<audit_page> page;
    const auto start = std::chrono::steady_clock::now();
    asio::co_spawn(context, search_into(&log, query, &page), asio::detached);
    context.run();
    const double seconds = seconds_since(start);
    if (!page)
        std::printf("  search %-34s failed\n", name);
    else
        std::printf(
            "  search %-34s %8.2f ms  %zu of %zu\n", name, 1000 * seconds, page->entries.size(), page->count);
}

std::size_t resident_kib()
{
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
    return 0;
}

void remove_log(const audit_options& options)
{
    std::filesystem::remove(options.path);
    std::filesystem::remove(head_name(options.path));
}

void measure_appends(audit_options options, const clock& time, worker_pool& pool)
{
    struct policy {
        audit_sync sync;
        const char* name;
        std::uint64_t count;
    };
    for (const policy& one : {policy{audit_sync::always, "always", 20'000},
                              policy{audit_sync::interval, "interval", 200'000},
                              policy{audit_sync::never, "never", 200'000}}) {
        options.sync = one.sync;
        remove_log(options);
        const auto log = open(options, time, pool);
        const double seconds = append(*log, time, one.count);
        std::printf(
            "appends, 64 in flight, sync %-9s %9.0f/s\n", one.name, static_cast<double>(one.count) / seconds);
    }
}

// As a server over a Redis has them, spread over the time in which its own entries were made.
void measure_foreign(audit_file& log, const clock& time, std::uint64_t entries)
{
    constexpr std::uint64_t heard = 100'000;
    constexpr std::uint64_t first = 1ull << 40;
    log.keep_foreign(heard);
    const time_point now = time.now();
    const std::size_t before = resident_kib();
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t n = 0; n < heard; ++n) {
        const audit_entry entry = entry_for(first + n, now - (heard - n) * std::chrono::microseconds{20});
        log.add_foreign(unchained_line(audit_text{entry}));
    }
    std::printf("%llu entries of other servers, taken in at %.0f/s, %zu KiB:\n",
                static_cast<unsigned long long>(heard),
                static_cast<double>(heard) / seconds_since(start),
                resident_kib() - before);
    time_search(log, "newest page", {});
    time_search(log, "by username, 1 in 5000", {.username = "user-77"});
    time_search(log, "by target", {.resource_target = "deploy-" + std::to_string(first + 7)});
    time_search(log, "by action, offset half of all", {.action = "create", .offset = entries / 2});
    time_search(log, "after another server's", {.after_id = numbered_id(first + 50)});
}

void measure_search(audit_options options, const clock& time, worker_pool& pool, std::uint64_t entries)
{
    options.sync = audit_sync::never;
    remove_log(options);
    append(*open(options, time, pool), time, entries);

    const std::size_t before = resident_kib();
    const auto log = open(options, time, pool);
    std::printf("%llu entries in %zu MB:\n",
                static_cast<unsigned long long>(entries),
                static_cast<std::size_t>(std::filesystem::file_size(options.path) >> 20));
    time_search(*log, "first, waits for the index", {});
    std::printf("  resident memory grew by %zu KiB\n", resident_kib() - before);
    time_search(*log, "newest page", {});
    time_search(*log, "by username, 1 in 5000", {.username = "user-77"});
    time_search(*log, "by a username nobody has", {.username = "nobody"});
    time_search(*log, "by target", {.resource_target = "deploy-5"});
    time_search(*log, "by request id", {.request_id = numbered_id(9 ^ 0xFFFFFFFF)});
    time_search(*log, "by action, offset half of all", {.action = "create", .offset = entries / 2});
    time_search(*log, "after the oldest but 50", {.after_id = numbered_id(50)});
    measure_foreign(*log, time, entries);
}

int run_audit_bench(int argc, char* argv[])
{
    const std::uint64_t entries = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    const std::filesystem::path parent = argc > 2 ? argv[2] : ".";
    const auto directory =
        parent /
        ("audit-bench-" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
    std::filesystem::create_directory(directory);

    const steady_wall_clock time;
    worker_pool pool{1, 16};
    audit_options options;
    options.path = (directory / "audit.log").string();
    options.digest_of = stand_in_digest;
    options.rotate_bytes = 0;

    measure_appends(options, time, pool);
    measure_search(options, time, pool, entries);

    const auto start = std::chrono::steady_clock::now();
    const audit_verdict verdict = verify_audit_log(options.path, stand_in_digest);
    const auto megabytes = static_cast<double>(std::filesystem::file_size(options.path)) / 1e6;
    std::printf("verified %llu entries%s at %.0f MB/s\n",
                static_cast<unsigned long long>(verdict.entries),
                verdict.fault ? ", A FAULT FOUND," : "",
                megabytes / seconds_since(start));

    pool.stop();
    std::filesystem::remove_all(directory);
    return verdict.fault ? 1 : 0;
}

} // namespace
} // namespace latchkey

int main(int argc, char* argv[])
{
    return latchkey::run_audit_bench(argc, argv);
}
