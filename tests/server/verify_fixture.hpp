// For the tests of /verify: a user with a token, and what every refusal has in common.
#pragma once

#include "tests/server/web_fixture.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace latchkey::test {

inline constexpr std::string_view identity_headers[] = {"x-latchkey-user-id",
                                                        "x-latchkey-username",
                                                        "x-latchkey-key-id",
                                                        "x-latchkey-scopes",
                                                        "x-latchkey-expires-at"};

inline void check_has_no_identity(const seen_answer& answer)
{
    for (const std::string_view name : identity_headers) {
        CAPTURE(name);
        CHECK(answer.count(name) == 1);
        CHECK(answer.header(name).empty());
    }
    CHECK(answer.header("cache-control") == "no-store");
    CHECK(answer.count("x-envoy-auth-headers-to-remove") == 0);
    CHECK(answer.body.size() < 1024);
}

class verify_fixture : public web_fixture {
public:
    explicit verify_fixture(verifications_recorded recorded = verifications_recorded::denied)
        : web_fixture{settings(recorded)}
    {}

    explicit verify_fixture(web_fixture_settings settings) : web_fixture{std::move(settings)} {}

    user alice = auth.add("alice");
    std::string token = auth.token_of(alice, {{"workspace:read", "api_key:*"}, {"*:*"}}, login_type::token);

private:
    static web_fixture_settings settings(verifications_recorded recorded)
    {
        web_fixture_settings made;
        made.recorded = recorded;
        return made;
    }
};

inline std::string with_wrong_secret(const std::string& token)
{
    return token.substr(0, 11) + std::string(22, 'x');
}

} // namespace latchkey::test
