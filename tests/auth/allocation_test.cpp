// What runs on each verification takes no memory from the heap.
#include "auth/allow_list.hpp"
#include "auth/pepper.hpp"
#include "auth/scope.hpp"
#include "auth/token.hpp"
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
                  peppers->matches(key, token.secret) &&
                  permissions_of(scopes).covers(*expand("workspace:start")) &&
                  permits(allow_list, resource_type::user, object);
    };

    CHECK(allocations_of(check) == 0);
    CHECK(is_good);
    CHECK(allocations_of([&] { peppers->dummy_check(minted.secret.expose()); }) == 0);
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
