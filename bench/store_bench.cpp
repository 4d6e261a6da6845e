// Measures the stores without HTTP around them. Plain text on standard output.
//
//   store_bench create DIRECTORY   durable creates a second, 64 in flight, on a fresh sqlite store
//   store_bench load DIRECTORY     seconds to open a sqlite store of a million tokens (made at the first run)
//   store_bench memory             resident bytes a token takes beyond its own text, at a million tokens
//   store_bench lookup             nanoseconds for a lookup and a recorded use, at 100,000 tokens
#include "storage/memory_store.hpp"
#include "storage/sqlite_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace {

using namespace latchkey;
using steady = std::chrono::steady_clock;

constexpr std::uint64_t million = 1'000'000;
constexpr std::uint64_t owners = 1'000;
constexpr std::uint64_t in_flight = 64;

double seconds_since(steady::time_point start)
{
    return std::chrono::duration<double>(steady::now() - start).count();
}

// Spread like random ones: the finaliser of splitmix64, written in 62 digits.
key_id id_of(std::uint64_t number)
{
    constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::uint64_t bits = (number + 1) * 0x9e3779b97f4a7c15;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    bits ^= bits >> 31;
    key_id id;
    for (char& c : id.characters) {
        c = digits[bits % digits.size()];
        bits /= digits.size();
    }
    return id;
}

uuid owner_of(std::uint64_t number)
{
    uuid id{};
    const std::uint64_t owner = number % owners;
    id.data[14] = static_cast<std::uint8_t>(owner >> 8);
    id.data[15] = static_cast<std::uint8_t>(owner);
    id.data[0] = 1;
    return id;
}

key_record token(std::uint64_t number, time_point now, const std::shared_ptr<const key_rights>& rights)
{
    key_record key;
    key.id = id_of(number);
    key.owner = owner_of(number);
    key.secret_digest.fill(static_cast<std::uint8_t>(number * 7 + 1));
    key.created_at = now;
    key.lifetime = std::chrono::hours{24 * 30};
    key.expires_at = now + key.lifetime;
    key.name = "token-" + std::to_string(number);
    key.rights = rights;
    return key;
}

task<void> add_owners(store& into, time_point now, std::size_t& failures)
{
    for (std::uint64_t number = 0; number < owners; ++number) {
        user one;
        one.id = owner_of(number);
        one.username = "owner-" + std::to_string(number);
        one.created_at = now;
        const auto added = co_await into.insert_user(std::move(one));
        if (!added) ++failures;
    }
}

struct creation {
    std::uint64_t next = 0;
    std::uint64_t end = 0;
    time_point now;
    std::size_t failures = 0;
    std::vector<std::uint32_t> micros; // one for each create
};

task<void> create_tokens(store& into, creation& work)
{
    const auto rights = std::make_shared<key_rights>(key_rights{{"coder:all"}, {"*:*"}});
    while (work.next < work.end) {
        key_record key = token(work.next++, work.now, rights);
        const auto start = steady::now();
        const auto created = co_await into.insert_key(std::move(key));
        if (!created) ++work.failures;
        work.micros.push_back(static_cast<std::uint32_t>(seconds_since(start) * 1e6));
    }
}

// Owners and `count` tokens; returns the seconds the tokens took, or nothing if any failed.
std::optional<double> fill(store& into, creation& work, std::uint64_t count, time_point now)
{
    asio::io_context context{1};
    asio::co_spawn(context, add_owners(into, now, work.failures), asio::detached);
    context.run();
    context.restart();

    work.end = count;
    work.now = now;
    work.micros.reserve(count);
    const auto start = steady::now();
    for (std::uint64_t i = 0; i < in_flight; ++i) {
        asio::co_spawn(context, create_tokens(into, work), asio::detached);
    }
    context.run();
    const double seconds = seconds_since(start);
    if (work.failures != 0 || work.micros.size() != count) return std::nullopt;
    return seconds;
}

int fail(const std::string& why)
{
    std::fprintf(stderr, "store_bench: %s\n", why.c_str());
    return 1;
}

std::uint32_t percentile(std::vector<std::uint32_t>& sorted, double share)
{
    return sorted[static_cast<std::size_t>(static_cast<double>(sorted.size() - 1) * share)];
}

int bench_create(const std::filesystem::path& directory)
{
    const std::string path = (directory / "store_bench_create.db").string();
    std::filesystem::remove(path);
    const steady_wall_clock clock;
    auto opened = sqlite_store::open(path, clock, {});
    if (!opened) return fail(opened.error().message);

    constexpr std::uint64_t count = 300'000;
    creation work;
    const auto seconds = fill(**opened, work, count, clock.now());
    if (!seconds) return fail("creates failed");
    std::sort(work.micros.begin(), work.micros.end());
    std::printf(
        "create: %.0f durable creates/s (%lu in flight, %lu in all), p50 %.2f ms, p99 %.2f ms, max %.2f ms\n",
        static_cast<double>(count) / *seconds,
        in_flight,
        count,
        percentile(work.micros, 0.5) / 1e3,
        percentile(work.micros, 0.99) / 1e3,
        work.micros.back() / 1e3);
    opened->reset();
    std::filesystem::remove(path);
    return 0;
}

int bench_load(const std::filesystem::path& directory)
{
    const std::string path = (directory / "store_bench_load.db").string();
    const steady_wall_clock clock;
    if (!std::filesystem::exists(path)) {
        auto made = sqlite_store::open(path, clock, {});
        if (!made) return fail(made.error().message);
        creation work;
        if (!fill(**made, work, million, clock.now())) return fail("creates failed");
    }

    const auto start = steady::now();
    const auto opened = sqlite_store::open(path, clock, {});
    const double seconds = seconds_since(start);
    if (!opened) return fail(opened.error().message);
    const bool is_complete = (*opened)->lookup(id_of(million - 1)).what == key_lookup::outcome::found;
    if (!is_complete) return fail("the file " + path + " is not complete; remove it and try again");
    std::printf("load: a million tokens in %.2f s (%.0f MB)\n",
                seconds,
                static_cast<double>(std::filesystem::file_size(path)) / 1e6);
    return 0;
}

// As the kernel counts it: whatever the allocator rounds up or keeps back is in it.
std::size_t resident_bytes()
{
    std::size_t pages = 0;
    std::ifstream{"/proc/self/statm"} >> pages >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

int bench_memory()
{
    const steady_wall_clock clock;
    creation work;
    work.micros.assign(million, {}); // its own memory is in use before the measurement
    work.micros.clear();
    const std::size_t before = resident_bytes();
    memory_store store{clock, std::chrono::hours{24 * 7}};
    if (!fill(store, work, million, clock.now())) return fail("creates failed");
    store.sweep();
    const std::size_t after = resident_bytes();

    std::size_t text = 0;
    for (std::uint64_t number = 0; number < million; ++number) {
        text += key_id::length + std::tuple_size_v<digest> + std::string{"token-"}.size() +
                std::to_string(number).size();
    }
    const auto total = static_cast<double>(after - before);
    std::printf("memory: %.1f bytes a token, %.1f beyond its text (a million tokens of %lu owners)\n",
                total / million,
                (total - static_cast<double>(text)) / million,
                owners);
    return 0;
}

int bench_lookup()
{
    constexpr std::uint64_t tokens = 100'000;
    constexpr std::uint64_t rounds = 10'000'000;
    const steady_wall_clock clock;
    memory_store store{clock, {}};
    creation work;
    if (!fill(store, work, tokens, clock.now())) return fail("creates failed");
    std::vector<key_id> ids;
    for (std::uint64_t number = 0; number < tokens; ++number)
        ids.push_back(id_of(number * 31 % tokens));

    std::uint64_t found = 0;
    const auto start = steady::now();
    for (std::uint64_t round = 0; round < rounds; ++round) {
        const key_lookup answer = store.lookup(ids[round % tokens]);
        found += answer.what == key_lookup::outcome::found;
    }
    const double lookups = seconds_since(start);
    const time_point now = clock.now();
    for (std::uint64_t round = 0; round < rounds; ++round)
        store.record_use(ids[round % tokens], now);
    const double both = seconds_since(start);
    if (found != rounds) return fail("tokens were missing");
    std::printf("lookup: %.0f ns, recorded use: %.0f ns (one thread, %lu tokens)\n",
                lookups / rounds * 1e9,
                (both - lookups) / rounds * 1e9,
                tokens);
    return 0;
}

} // namespace

int main(int argc, char* argv[])
{
    const std::vector<std::string_view> arguments(argv + 1, argv + argc);
    if (arguments.size() == 1 && arguments[0] == "memory") return bench_memory();
    if (arguments.size() == 1 && arguments[0] == "lookup") return bench_lookup();
    if (arguments.size() == 2 && arguments[0] == "create") return bench_create(arguments[1]);
    if (arguments.size() == 2 && arguments[0] == "load") return bench_load(arguments[1]);
    return fail("use: store_bench create DIRECTORY | load DIRECTORY | memory | lookup");
}
