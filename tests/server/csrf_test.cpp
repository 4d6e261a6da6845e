#include "server/csrf.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey;

namespace {

constexpr std::string_view generic_start = "Something is wrong with your CSRF token.";
constexpr std::string_view mismatch_start = "CSRF error encountered. Authentication via";

request changing_by_cookie()
{
    request asked;
    asked.method = http::verb::post;
    asked.cookie = "coder_session_token=tok";
    return asked;
}

std::string fault_of(const request& asked, std::string_view path = "/api/v2/users")
{
    const auto fault = csrf_fault(asked, path, {});
    return fault ? std::string{*fault} : std::string{};
}

} // namespace

TEST_CASE("a changing request by cookie alone is refused", "[server][csrf]")
{
    for (const auto method : {http::verb::post, http::verb::put, http::verb::delete_, http::verb::patch}) {
        request asked = changing_by_cookie();
        asked.method = method;
        CAPTURE(http::to_string(method));

        CHECK(fault_of(asked).starts_with(generic_start));
        CHECK(fault_of(asked).ends_with("cookies.\n"));
    }
}

TEST_CASE("requests that cannot be forged, or change nothing, are let through", "[server][csrf]")
{
    request asked = changing_by_cookie();
    for (const auto method : {http::verb::get, http::verb::head, http::verb::options, http::verb::trace}) {
        asked.method = method;
        CAPTURE(http::to_string(method));
        CHECK(fault_of(asked).empty());
    }

    asked = changing_by_cookie();
    CHECK(fault_of(asked, "/verify").empty());
    CHECK(fault_of(asked, "/apiary").empty());
    CHECK_FALSE(fault_of(asked, "/api").empty());
    CHECK(fault_of(asked, "/api/v2/users/first").empty());
    CHECK(fault_of(asked, "/api/v2/csp/reports").empty());

    asked.cookie = {};
    CHECK(fault_of(asked).empty());
}

TEST_CASE("whatever a foreign page cannot send waives the check", "[server][csrf]")
{
    request asked = changing_by_cookie();
    asked.session_token = "tok";
    CHECK(fault_of(asked).empty());

    asked = changing_by_cookie();
    asked.query = "coder_session_token=tok";
    CHECK(fault_of(asked).empty());

    asked = changing_by_cookie();
    asked.query = "coder_session_token=other";
    CHECK(fault_of(asked).starts_with(generic_start));

    asked = changing_by_cookie();
    asked.authorization = "Bearer anything";
    CHECK(fault_of(asked).empty());

    asked = changing_by_cookie();
    asked.authorization = "Basic anything";
    CHECK(fault_of(asked).starts_with(generic_start));
}

TEST_CASE("a header that differs from the cookie gets its own text", "[server][csrf]")
{
    request asked = changing_by_cookie();
    asked.session_token = "other";

    CHECK(fault_of(asked).starts_with(mismatch_start));
}

TEST_CASE("a CSRF token holds for the session it was made for and no other", "[server][csrf]")
{
    request asked = changing_by_cookie();
    const std::string right = csrf_token("tok");
    asked.csrf_token = right;
    CHECK(fault_of(asked).empty());

    const std::string wrong = csrf_token("another");
    asked.csrf_token = wrong;
    CHECK(fault_of(asked).starts_with(generic_start));

    // A cookie planted beside a chosen header proves nothing.
    asked.cookie = "coder_session_token=tok; csrf_token=chosen";
    asked.csrf_token = "chosen";
    CHECK(fault_of(asked).starts_with(generic_start));
}

TEST_CASE("the CSRF cookie has the contract's attributes", "[server][csrf]")
{
    response answer;
    add_csrf_cookie(answer, "tok", {});
    CHECK(answer.headers ==
          "Set-Cookie: csrf_token=" + csrf_token("tok") + "; Path=/; HttpOnly; SameSite=Lax\r\n");

    response secure;
    cookie_settings settings;
    settings.secure = true;
    add_csrf_cookie(secure, "tok", settings);
    CHECK(secure.headers.ends_with("; Secure\r\n"));
}
