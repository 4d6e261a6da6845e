#include "server/demanded_rights.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey;

namespace {

const std::string one_id = "c42fdf75-3097-471c-8c33-fb52454d81c0";
const std::string other_id = "c42fdf75-3097-471c-8c33-fb52454d81c1";

// "" when everything is met.
std::string missing(const std::string& query, const key_rights& held)
{
    const auto right = find_missing_right(query, held);
    if (!right) return "";
    const char* kind = right->what() == missing_right::kind::scope ? "scope " : "allow ";
    return kind + std::string{right->name()};
}

} // namespace

TEST_CASE("every scope that is demanded must be covered by the key's", "[server][verify]")
{
    const key_rights everything{{"coder:all"}, {"*:*"}};
    const key_rights reader{{"workspace:read", "api_key:*"}, {"*:*"}};

    CHECK(missing("", reader) == "");
    CHECK(missing("unrelated=1", reader) == "");
    CHECK(missing("scope=workspace:read", reader) == "");
    CHECK(missing("scope=workspace%3Aread", reader) == "");
    CHECK(missing("scope=api_key:create&scope=workspace:read", reader) == "");
    CHECK(missing("scope=workspace:read&scope=workspace:delete", reader) == "scope workspace:delete");
    CHECK(missing("scope=workspace:*", reader) == "scope workspace:*");
    CHECK(missing("scope=coder:all", reader) == "scope coder:all");
    CHECK(missing("scope=coder:all&scope=workspace:delete", everything) == "");
}

TEST_CASE("strict from day one: a demand that is not understood is not met, whatever the key",
          "[server][verify]")
{
    const key_rights everything{{"coder:all"}, {"*:*"}};

    CHECK(missing("scope=no:such", everything) == "scope no:such");
    CHECK(missing("scope=", everything) == "scope ");
    CHECK(missing("scope", everything) == "scope ");
    CHECK(missing("scope=%zz", everything) == "scope ");
    CHECK(missing("scope=" + std::string(500, 'x'), everything) == "scope ");
    CHECK(missing("scope=" + std::string(100, 'x'), everything) == "scope " + std::string(64, 'x'));
    CHECK(missing("allow=", everything) == "allow ");
    CHECK(missing("allow=workspace", everything) == "allow workspace");
    CHECK(missing("allow=nothing:" + one_id, everything) == "allow nothing:" + one_id);
}

TEST_CASE("a name that goes into a header cannot break out of it", "[server][verify]")
{
    const key_rights everything{{"coder:all"}, {"*:*"}};

    CHECK(missing("scope=a%22%0d%0aX%5C%20%C3%A9", everything) == "scope a???X????");
}

TEST_CASE("every object that is demanded must be in the allow list", "[server][verify]")
{
    const key_rights one{{"coder:all"}, {"workspace:" + one_id}};
    const key_rights all_of_type{{"coder:all"}, {"workspace:*"}};

    CHECK(missing("allow=workspace:" + one_id, one) == "");
    CHECK(missing("allow=workspace:" + other_id, one) == "allow workspace:" + other_id);
    CHECK(missing("allow=workspace:*", one) == "allow workspace:*");
    CHECK(missing("allow=workspace:*&allow=workspace:" + other_id, all_of_type) == "");
    CHECK(missing("allow=template:" + one_id, all_of_type) == "allow template:" + one_id);
    CHECK(missing("allow=*:*", all_of_type) == "allow *:*");
}
