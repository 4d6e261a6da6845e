// What runs on each verification takes no memory from the heap.
#include "auth/allow_list.hpp"
#include "auth/pepper.hpp"
#include "auth/scope.hpp"
#include "auth/token.hpp"
#include "storage/cache_seats.hpp"
#include "tests/support/auth_fixture.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t allocations = 0; // of this thread: stores have some of their own

void* allocate(std::size_t size)
{
    ++allocations;
    void* memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) throw std::bad_alloc{};
    return memory;
}

} // namespace

void* operator new(std::size_t size)
{
    return allocate(size);
}

void* operator new[](std::size_t size)
{
    return allocate(size);
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
    ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}

void* operator new[](std::size_t size, const std::nothrow_t&) noexcept
{
    ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete[](void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

void operator delete[](void* memory, std::size_t) noexcept
{
    std::free(memory);
}

using namespace latchkey;

namespace {

template <class Action>
std::size_t allocations_of(Action action)
{
    action(); // what a thread makes once, such as its hash objects
    const std::size_t before = allocations;
    for (int i = 0; i < 100; ++i)
        action();
    return allocations - before;
}

} // namespace

TEST_CASE("checking a token's text, secret and rights allocates nothing", "[auth][allocation]")
{
    const minted_token minted = mint_token();
    const secret_text printed = print_token(minted.id, minted.secret);
    const auto peppers =
        pepper_set::parse("current-pepper-0123456789abcdefgh\nolder-pepper-0123456789abcdefghij");
    REQUIRE(peppers.has_value());
    key_record key;
    key.id = minted.id;
    key.kind = peppers->current_kind();
    key.secret_digest = peppers->hash(minted.secret.expose());
    const std::vector<std::string> scopes{"coder:workspaces.create", "api_key:*", "user:read"};
    const std::vector<std::string> allow_list{"api_key:*", "user:11111111-1111-4111-8111-111111111111"};
    const auto object = parse_uuid("11111111-1111-4111-8111-111111111111");

    bool is_good = true;
    const auto check = [&] {
        const parsed_token token = parse_token(printed.expose());
        is_good = is_good && token && key_id::parse(token.id) == key.id &&
                  pepper_set::matches(key, peppers->hashes_of(token.secret)) &&
                  permissions_of(scopes).covers(*expand("workspace:start")) &&
                  permits(allow_list, resource_type::user, object);
    };

    CHECK(allocations_of(check) == 0);
    CHECK(is_good);
    CHECK(allocations_of([&] { pepper_set::dummy_check(peppers->hashes_of(minted.secret.expose())); }) == 0);
    CHECK(allocations_of([] { static_cast<void>(mint_token()); }) == 0);

    // The counter counts.
    CHECK(allocations_of([&] { static_cast<void>(print_token(minted.id, minted.secret)); }) == 100);
}

TEST_CASE("verifying a token that is in memory allocates nothing, whatever the verdict", "[auth][verifier]")
{
    test::auth_fixture auth;
    const user ada = auth.add("ada");
    const std::string good = auth.token_of(ada, unrestricted_rights());
    const std::string unknown = std::string(10, 'x') + good.substr(10);
    const std::string wrong = good.substr(0, 11) + std::string(22, 'x');

    for (const std::string& token : {good, unknown, wrong, std::string{"malformed"}}) {
        CAPTURE(token.size());
        CHECK(allocations_of([&] { static_cast<void>(auth.tokens.verify(token)); }) == 0);
    }
    CHECK(auth.tokens.verify(good).what == verdict::accepted);
    CHECK(auth.tokens.verify(wrong).what == verdict::wrong_secret);
}

// All that redis_store::lookup does, and what the verifier does with its answer.
TEST_CASE("looking a key up in the cache in front of Redis allocates nothing, whatever the answer",
          "[auth][allocation]")
{
    constexpr std::uint64_t store = 1;
    const auto changes = std::make_shared<own_changes>();
    const auto marks = std::make_shared<redis_marks>();
    const auto cache = std::make_shared<key_cache>(1'000'000, changes, marks);
    const auto lease = std::make_shared<redis_lease>();
    lease->extend(redis_lease::clock::now(), std::chrono::hours{1});
    take_seat(store, cache);
    key_with_owner read;
    read.key.id = mint_token().id;
    read.owner.username = "a name that is too long to lie inside of a string";
    const key_id absent = mint_token().id;
    const key_id unknown = mint_token().id;
    cache->keep(read.key.id, cache->claim(read.key.id), read, lease);
    cache->keep_absent(absent, cache->claim(absent), lease);

    using outcome = key_lookup::outcome;
    const auto look = [&](const key_id& id) {
        return seat_of_thread(store)->lookup(id, redis_lease::clock::now()).what;
    };
    std::int64_t used = 0;
    const auto use = [&] {
        const key_lookup found = seat_of_thread(store)->lookup(read.key.id, redis_lease::clock::now());
        found.record_use(time_point{std::chrono::seconds{++used}});
    };
    CHECK(look(read.key.id) == outcome::found);
    CHECK(look(absent) == outcome::absent);
    CHECK(look(unknown) == outcome::ask);
    CHECK(allocations_of(use) == 0);
    CHECK(allocations_of([&] { static_cast<void>(look(absent)); }) == 0);
    CHECK(allocations_of([&] { static_cast<void>(look(unknown)); }) == 0);
    for (const lookup_comes when : {lookup_comes::later, lookup_comes::next})
        CHECK(allocations_of([&] { seat_of_thread(store)->expect(read.key.id, when); }) == 0);

    // The counter counts.
    const auto keep_changed = [&] {
        read.owner.username += '.';
        cache->keep(read.key.id, cache->claim(read.key.id), read, lease);
    };
    CHECK(allocations_of(keep_changed) > 0);
}
