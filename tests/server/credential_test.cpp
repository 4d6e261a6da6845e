#include "server/credential.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey;

namespace {

request with_everything()
{
    request asked;
    asked.cookie = "theme=dark; coder_session_token=from-cookie; other=1";
    asked.query = "coder_session_token=from-query&access_token=%20from-access%20";
    asked.session_token = "from-header";
    asked.authorization = "Bearer from-bearer";
    return asked;
}

} // namespace

TEST_CASE("the first source that is not empty wins, in the contract's order", "[server][credential]")
{
    const cookie_settings cookies;
    request asked = with_everything();

    CHECK(find_credential(asked, cookies).source() == credential_source::cookie);
    CHECK(find_credential(asked, cookies).token() == "from-cookie");

    asked.cookie = "coder_session_token=";
    CHECK(find_credential(asked, cookies).source() == credential_source::session_query);
    CHECK(find_credential(asked, cookies).token() == "from-query");

    asked.query = "coder_session_token=&access_token=%20from-access%20";
    CHECK(find_credential(asked, cookies).source() == credential_source::session_header);
    CHECK(find_credential(asked, cookies).token() == "from-header");

    asked.session_token = {};
    CHECK(find_credential(asked, cookies).source() == credential_source::bearer);
    CHECK(find_credential(asked, cookies).token() == "from-bearer");

    asked.authorization = "Basic Zm9vOmJhcg==";
    CHECK(find_credential(asked, cookies).source() == credential_source::access_token_query);
    CHECK(find_credential(asked, cookies).token() == "from-access");

    asked.query = {};
    CHECK_FALSE(find_credential(asked, cookies));
}

TEST_CASE("a bearer token is taken whatever the case of its scheme, and trimmed", "[server][credential]")
{
    CHECK(bearer_token("Bearer abc") == "abc");
    CHECK(bearer_token("bEARER   abc \t") == "abc");
    CHECK(bearer_token("BEARER abc") == "abc");
    CHECK(bearer_token("Bearer") == "");
    CHECK(bearer_token("Bearer ") == "");
    CHECK(bearer_token("Bearerabc") == "");
    CHECK(bearer_token("Basic abc") == "");
    CHECK(bearer_token("") == "");
}

TEST_CASE("cookies are found by their whole name", "[server][credential]")
{
    CHECK(cookie_value("a=1; b=2", "b") == "2");
    CHECK(cookie_value("a=1;b=2", "b") == "2");
    CHECK(cookie_value("ab=1; b=2", "b") == "2");
    CHECK(cookie_value("b=\"2\"", "b") == "2");
    CHECK(cookie_value("b=1; b=2", "b") == "1");
    CHECK(cookie_value("b=x=y", "b") == "x=y");
    CHECK(cookie_value("b", "b") == "");
    CHECK(cookie_value("", "b") == "");
}

TEST_CASE("with the host prefix only the prefixed cookie counts", "[server][credential]")
{
    cookie_settings prefixed;
    prefixed.host_prefix = true;
    request asked;

    asked.cookie = "coder_session_token=planted; __Host-coder_session_token=own";
    CHECK(find_credential(asked, prefixed).token() == "own");

    asked.cookie = "coder_session_token=planted";
    CHECK_FALSE(find_credential(asked, prefixed));
}

TEST_CASE("a percent-encoded token in the query is decoded once", "[server][credential]")
{
    request asked;

    asked.query = "coder_session_token=abcdefghij%2DABCDEFGHIJABCDEFGHIJAB";
    CHECK(find_credential(asked, {}).token() == "abcdefghij-ABCDEFGHIJABCDEFGHIJAB");

    asked.query = "coder_session_token=%252D";
    CHECK(find_credential(asked, {}).token() == "%2D");

    asked.query = "coder_session_token=%zz";
    CHECK_FALSE(find_credential(asked, {}));
}

TEST_CASE("a decoded token is still there after the credential was moved", "[server][credential]")
{
    request asked;
    asked.query = "access_token=a%2Db"; // short enough to live inside the string object

    credential found = find_credential(asked, {});
    const credential moved = std::move(found);

    CHECK(moved.token() == "a-b");
}
