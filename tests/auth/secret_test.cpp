#include "auth/secret.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <concepts>
#include <cstring>
#include <new>
#include <ostream>
#include <type_traits>

using namespace latchkey;

namespace {

template <class T>
concept printable = requires(std::ostream& out, const T& value)
{
    out << value;
};

template <class T>
concept comparable = requires(const T& one, const T& other)
{
    one == other;
};

template <class T>
concept ordered = requires(const T& one, const T& other)
{
    one < other;
};

template <class T>
constexpr bool keeps_to_itself =
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> && !printable<T> && !comparable<T> &&
    !ordered<T> && !std::is_convertible_v<T, std::string_view> && !std::is_convertible_v<T, std::string> &&
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>;

static_assert(keeps_to_itself<token_secret>);
static_assert(keeps_to_itself<secret_text>);
static_assert(!std::is_convertible_v<std::string, secret_text>, "text becomes a secret only by name");

token_secret secret_of(char c)
{
    token_secret secret;
    secret.writable().fill(c);
    return secret;
}

bool holds_only_zeros(const void* memory, std::size_t size)
{
    const auto* bytes = static_cast<const unsigned char*>(memory);
    return std::all_of(bytes, bytes + size, [](unsigned char byte) { return byte == 0; });
}

// Overwrites its memory only by what T's destructor does, so that the remains can be looked at.
template <class T>
struct grave {
    alignas(T) unsigned char memory[sizeof(T)];

    grave() { std::memset(memory, 0x5a, sizeof memory); }

    template <class... Arguments>
    T& raise(Arguments&&... arguments)
    {
        return *new (memory) T(std::forward<Arguments>(arguments)...);
    }
};

} // namespace

TEST_CASE("a token's secret is wiped when it goes and when it is moved from", "[auth][secret]")
{
    grave<token_secret> grave;
    token_secret& secret = grave.raise(secret_of('s'));
    REQUIRE(secret.expose() == std::string(22, 's'));
    secret.~token_secret();
    CHECK(holds_only_zeros(grave.memory, token_secret::length));

    token_secret from = secret_of('m');
    const token_secret to = std::move(from);
    CHECK(to.expose() == std::string(22, 'm'));
    CHECK(holds_only_zeros(from.writable().data(), token_secret::length));

    token_secret assigned = secret_of('o');
    token_secret source = secret_of('n');
    assigned = std::move(source);
    CHECK(assigned.expose() == std::string(22, 'n'));
    CHECK(holds_only_zeros(source.writable().data(), token_secret::length));
}

TEST_CASE("secret text is wiped where it lay", "[auth][secret]")
{
    grave<secret_text> grave;
    secret_text& secret = grave.raise(std::string{"in the object"}); // short: within std::string itself
    const std::size_t offset = static_cast<std::size_t>(
        reinterpret_cast<const unsigned char*>(secret.expose().data()) - grave.memory);
    const std::size_t length = secret.size();
    REQUIRE(offset + length <= sizeof(secret_text));
    secret.~secret_text();
    CHECK(holds_only_zeros(grave.memory + offset, length));

    secret_text from{std::string{"moved on"}};
    const char* old_place = from.expose().data();
    const secret_text to = std::move(from);
    CHECK(to.expose() == "moved on");
    CHECK(from.empty());
    CHECK(holds_only_zeros(old_place, std::strlen("moved on")));
}
