#include "server/form_body.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey;

TEST_CASE("a parameter of a form is decoded, wherever it stands", "[server][form]")
{
    CHECK(form_parameter("token=abc", "token") == "abc");
    CHECK(form_parameter("token_type_hint=refresh_token&token=a%2Db+c", "token") == "a-b c");
    CHECK(form_parameter("%74oken=abc&other", "token") == "abc");
}

TEST_CASE("a parameter that is missing, empty, repeated or badly encoded is none", "[server][form]")
{
    for (const char* body : {"",
                             "tokens=abc",
                             "token",
                             "token=",
                             "token=abc&token=abc",
                             "token=abc&token=",
                             "token=%4",
                             "token=%zz",
                             R"({"token":"abc"})"}) {
        CAPTURE(body);
        CHECK_FALSE(form_parameter(body, "token"));
    }
}
