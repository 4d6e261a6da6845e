// Equal work is shown by counting the calls that cost something, never by a clock. tests/auth/CMakeLists.txt
// has the linker send calls of auth's hash functions through the counters below.
#include "auth/crypto.hpp"
#include "auth/password.hpp"
#include "auth/pepper.hpp"
#include "auth/verification_recorder.hpp"
#include "tests/support/auth_fixture.hpp"

#include <atomic>

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct work {
    int plain_hashes = 0;
    int keyed_hashes = 0;
    int password_hashes = 0;
    int comparisons = 0;

    bool operator==(const work&) const = default;
};

work done;

// The program's other tests hash on several threads.
void count(int& number, int more = 1) noexcept
{
    std::atomic_ref{number}.fetch_add(more, std::memory_order_relaxed);
}

} // namespace

// What the linker calls the functions: __wrap_ stands in for them, __real_ is the original.
digest counted_sha256(std::string_view) asm(
    "__wrap__ZN8latchkey6sha256ESt17basic_string_viewIcSt11char_traitsIcEE");
digest real_sha256(std::string_view) asm(
    "__real__ZN8latchkey6sha256ESt17basic_string_viewIcSt11char_traitsIcEE");
digest counted_hmac_sha256(std::string_view, std::string_view) asm(
    "__wrap__ZN8latchkey11hmac_sha256ESt17basic_string_viewIcSt11char_traitsIcEES3_");
digest real_hmac_sha256(std::string_view, std::string_view) asm(
    "__real__ZN8latchkey11hmac_sha256ESt17basic_string_viewIcSt11char_traitsIcEES3_");
digest counted_argon2id(std::string_view,
                        std::span<const std::uint8_t>,
                        std::uint32_t,
                        std::uint32_t,
                        std::uint32_t) asm("__wrap__ZN8latchkey8argon2idESt17basic_string_viewIcSt11char_"
                                           "traitsIcEESt4spanIKhLm18446744073709551615EEjjj");
digest real_argon2id(std::string_view,
                     std::span<const std::uint8_t>,
                     std::uint32_t,
                     std::uint32_t,
                     std::uint32_t) asm("__real__ZN8latchkey8argon2idESt17basic_string_viewIcSt11char_"
                                        "traitsIcEESt4spanIKhLm18446744073709551615EEjjj");
bool counted_equal(const digest&, const digest&) noexcept
    asm("__wrap__ZN8latchkey22equal_in_constant_timeERKSt5arrayIhLm32EES3_");
bool real_equal(const digest&, const digest&) noexcept
    asm("__real__ZN8latchkey22equal_in_constant_timeERKSt5arrayIhLm32EES3_");

digest counted_sha256(std::string_view bytes)
{
    count(done.plain_hashes);
    return real_sha256(bytes);
}

digest counted_hmac_sha256(std::string_view key, std::string_view bytes)
{
    count(done.keyed_hashes);
    return real_hmac_sha256(key, bytes);
}

digest counted_argon2id(std::string_view password,
                        std::span<const std::uint8_t> salt,
                        std::uint32_t memory,
                        std::uint32_t passes,
                        std::uint32_t lanes)
{
    // As much as a call costs: calls with other parameters are other work.
    count(done.password_hashes, static_cast<int>(memory * passes * lanes));
    return real_argon2id(password, salt, memory, passes, lanes);
}

bool counted_equal(const digest& one, const digest& other) noexcept
{
    count(done.comparisons);
    return real_equal(one, other);
}

namespace {

template <class Action>
work work_of(Action action)
{
    done = {};
    action();
    return done;
}

key_record key_of(digest_kind kind, const digest& stored)
{
    key_record key;
    key.kind = kind;
    key.secret_digest = stored;
    return key;
}

} // namespace

TEST_CASE("a right secret, a wrong one and an unknown key cost the same hashes", "[auth][pepper]")
{
    const std::string current = "current-pepper-0123456789abcdefgh";
    const std::string older = "older-pepper-0123456789abcdefghij";
    const std::string secret = "AbCdEfGhIjKlMnOpQrStUv";
    struct row {
        std::string file;
        work expected;
        const char* reason;
    };
    const row rows[] = {
        {"", {.plain_hashes = 1, .comparisons = 1}, "without peppers one plain hash"},
        {current, {.plain_hashes = 1, .keyed_hashes = 1, .comparisons = 2}, "one more for the pepper"},
        {current + "\n" + older,
         {.plain_hashes = 1, .keyed_hashes = 2, .comparisons = 3},
         "one for each pepper"},
    };
    for (const row& row : rows) {
        INFO(row.reason);
        const pepper_set peppers = row.file.empty() ? pepper_set{} : *pepper_set::parse(row.file);
        const key_record keys[] = {
            key_of(digest_kind::sha256, sha256(secret)),
            key_of(digest_kind::hmac_sha256, hmac_sha256(current, secret)),
            key_of(digest_kind::hmac_sha256, hmac_sha256(older, secret)),
            key_of(digest_kind::wiped, {}),
        };
        for (const key_record& key : keys) {
            CHECK(work_of([&] { static_cast<void>(pepper_set::matches(key, peppers.hashes_of(secret))); }) ==
                  row.expected);
            CHECK(work_of([&] { static_cast<void>(pepper_set::matches(key, peppers.hashes_of("wrong"))); }) ==
                  row.expected);
        }
        CHECK(work_of([&] { pepper_set::dummy_check(peppers.hashes_of(secret)); }) == row.expected);
    }
}

TEST_CASE("a right password, a wrong one and an unknown user cost the same", "[auth][password]")
{
    const secret_text right{std::string{"correct horse battery staple"}};
    const secret_text wrong{std::string{"incorrect horse"}};
    const std::string stored = hash_password(right);
    const work expected{.password_hashes = 19456 * 2, .comparisons = 1};

    CHECK(work_of([&] { REQUIRE(verify_password(right, stored)); }) == expected);
    CHECK(work_of([&] { REQUIRE_FALSE(verify_password(wrong, stored)); }) == expected);
    CHECK(work_of([&] { dummy_verify(right); }) == expected);
    CHECK(work_of([&] { REQUIRE_FALSE(verify_password(right, "")); }) == expected);
    CHECK(work_of([&] { REQUIRE_FALSE(verify_password(right, "$argon2id$damaged")); }) == expected);
}

TEST_CASE("equal work on all outcomes: a verification costs the same whatever is wrong", "[auth][security]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const user eve = auth.add("eve");
    const std::string good = auth.token_of(ada, unrestricted_rights());
    const std::string suspended = auth.token_of(eve, unrestricted_rights());
    const std::string expired = auth.token_of(ada, unrestricted_rights());
    REQUIRE(run_task(auth.memory.expire_key(auth.stored(expired).key.id, auth.now.now())));
    user_change suspension;
    suspension.status = user_status::suspended;
    REQUIRE(run_task(auth.memory.change_user(eve.id, std::move(suspension))));

    const work expected{.plain_hashes = 1, .comparisons = 1};
    const std::string other_secret = good.substr(0, 11) + "0000000000000000000000";
    const std::pair<verdict, std::string> rows[] = {
        {verdict::accepted, good},
        {verdict::wrong_secret, other_secret},
        {verdict::unknown, "0000000000-0000000000000000000000"},
        {verdict::unknown, "not/an/id!-0000000000000000000000"},
        {verdict::expired, expired},
        {verdict::owner_suspended, suspended},
    };
    for (const auto& row : rows) {
        const verdict outcome = row.first;
        const auto& token = row.second; // named: clang 14 lets no lambda capture a structured binding
        CAPTURE(to_string(outcome), token);
        verdict found = verdict::ask;
        CHECK(work_of([&] { found = auth.verify(token); }) == expected);
        CHECK(found == outcome);
    }
    // A 503 must not be told from a 401 by its time either.
    auth.records.must_be_asked = true;
    CHECK(work_of([&] { finish(auth.tokens.verify_by_asking(good)); }) == expected); // not_found
    auth.records.cannot_read = true;
    CHECK(work_of([&] { finish(auth.tokens.verify_by_asking(good)); }) == expected);
}

TEST_CASE("an unknown user does the same work at login as a known one", "[auth][security]")
{
    auth_fixture auth;
    auth.add_with_password("ada");
    auth.add("eve"); // without a password
    const user gone = auth.add_with_password("gone");
    REQUIRE(run_task(auth.memory.delete_user(gone.id, auth.now.now())));

    const work expected{.password_hashes = 19456 * 2, .comparisons = 1};
    for (const char* const email :
         {"ada@example.org", "eve@example.org", "gone@example.org", "nobody@example.org", ""}) {
        CAPTURE(email);
        auth.audit.entries.clear();
        outcome<secret_text> refused{secret("")};
        CHECK(work_of([&] {
                  refused = finish(auth.users.login(email, secret("wrong-Password-1"), auth.from));
              }) == expected);
        CHECK(status_of(refused) == 401);
        CHECK(auth.audit.entries.size() == 1); // nor is one recorded and the other not
    }
}
