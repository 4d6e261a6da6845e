#include "auth/allow_list.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey;

namespace {

using texts = std::vector<std::string>;

const std::string first_id = "11111111-1111-4111-8111-111111111111";
const std::string second_id = "22222222-2222-4222-8222-222222222222";

checked<texts> normalise(const texts& entries)
{
    std::vector<allow_entry> parsed;
    for (const std::string& entry : entries)
        parsed.push_back(*parse_allow_entry(entry));
    return normalise_allow_list(std::move(parsed));
}

} // namespace

TEST_CASE("an allow list entry that cannot be read says which of its parts is wrong", "[auth][allow_list]")
{
    struct row {
        const char* entry;
        const char* text;
        const char* reason;
    };
    const row rows[] = {
        {"", R"(invalid allow_list entry "": want <type>:<id>)", "empty"},
        {"workspace", R"(invalid allow_list entry "workspace": want <type>:<id>)", "no colon"},
        {":*", R"(invalid allow_list entry ":*": want <type>:<id>)", "no type"},
        {"workspace:", R"(invalid allow_list entry "workspace:": want <type>:<id>)", "no id"},
        {"a\"b", R"(invalid allow_list entry "a\"b": want <type>:<id>)", "quotes cannot break out"},
        {"spaceship:*", R"(unknown resource type "spaceship")", "no such type"},
        {"Workspace:*", R"(unknown resource type "Workspace")", "types are lower case"},
        {" workspace:*", R"(unknown resource type " workspace")", "nothing is trimmed"},
        {"workspace:1", R"(invalid workspace ID (must be UUID): "1")", "an id is a UUID"},
        {"workspace:*:*", R"(invalid workspace ID (must be UUID): "*:*")", "only the first colon parts"},
        {"*:me", R"(invalid * ID (must be UUID): "me")", "the wildcard type has ids as well"},
    };
    for (const row& row : rows) {
        INFO(row.reason);
        const auto entry = parse_allow_entry(row.entry);
        REQUIRE(entry.has_error());
        CHECK(entry.error().text == row.text);
    }
}

TEST_CASE("an allow list entry is read with every known type and every form of UUID", "[auth][allow_list]")
{
    for (const resource_row& row : resource_catalogue()) {
        CAPTURE(row.name);
        const auto entry = parse_allow_entry(std::string{row.name} + ":*");
        REQUIRE(entry.has_value());
        CHECK(entry->type == row.type);
        CHECK_FALSE(entry->id.has_value());
    }
    const auto undashed = parse_allow_entry("user:{11111111-1111-4111-8111-111111111111}");
    REQUIRE(undashed.has_value());
    CHECK(to_string(*undashed) == "user:" + first_id);
}

TEST_CASE("an allow list is stored without what adds nothing, in one order", "[auth][allow_list]")
{
    struct row {
        texts entries;
        texts stored;
        const char* reason;
    };
    const row rows[] = {
        {{}, {"*:*"}, "none means everything"},
        {{"workspace:" + first_id, "*:*", "template:*"}, {"*:*"}, "everything swallows all"},
        {{"workspace:" + first_id, "workspace:*"}, {"workspace:*"}, "a type swallows its ids"},
        {{"workspace:*", "template:" + first_id},
         {"template:" + first_id, "workspace:*"},
         "a type leaves the ids of others alone; sorted by type"},
        {{"user:*", "user_secret:" + first_id},
         {"user:*", "user_secret:" + first_id},
         "one type's name may start with another's"},
        {{"user:" + second_id, "user:" + first_id, "user:" + second_id},
         {"user:" + first_id, "user:" + second_id},
         "duplicates go; sorted by id"},
        {{"user:11111111111141118111111111111111", "user:" + first_id},
         {"user:" + first_id},
         "two forms of one id are one id"},
        {{"user:*", "*:" + first_id},
         {"*:" + first_id, "user:*"},
         "an id of any type is an entry of its own"},
    };
    for (const row& row : rows) {
        INFO(row.reason);
        const auto stored = normalise(row.entries);
        REQUIRE(stored.has_value());
        CHECK(*stored == row.stored);
    }
}

TEST_CASE("an allow list holds at most 128 entries, counted after normalising", "[auth][allow_list]")
{
    texts entries;
    for (int i = 0; i < 128; ++i) {
        const std::string number = std::to_string(1000 + i);
        entries.push_back("user:11111111-1111-4111-8111-11111111" + number);
    }
    CHECK(normalise(entries)->size() == 128);

    entries.push_back(entries.front());
    CHECK(normalise(entries)->size() == 128); // the duplicate does not count

    entries.push_back("workspace:*");
    const auto refused = normalise(entries);
    REQUIRE(refused.has_error());
    CHECK(refused.error().text == "allow_list has 129 entries; max allowed is 128");

    entries.push_back("user:*");
    CHECK(*normalise(entries) == texts{"user:*", "workspace:*"});
}

TEST_CASE("an object is permitted only by an entry of its type and id", "[auth][allow_list]")
{
    const auto first = parse_uuid(first_id);
    const auto second = parse_uuid(second_id);
    struct row {
        texts stored;
        resource_type type;
        std::optional<uuid> id;
        bool is_permitted;
        const char* reason;
    };
    const row rows[] = {
        {{"*:*"}, resource_type::user, first, true, "everything"},
        {{"*:*"}, resource_type::user, std::nullopt, true, "everything, also what has no id yet"},
        {{"user:*"}, resource_type::user, first, true, "the whole type"},
        {{"user:*"}, resource_type::user, std::nullopt, true, "the whole type, no id yet"},
        {{"user:*"}, resource_type::api_key, first, false, "another type"},
        {{"user:" + first_id}, resource_type::user, first, true, "this very object"},
        {{"user:" + first_id}, resource_type::user, second, false, "another object"},
        {{"user:" + first_id}, resource_type::user, std::nullopt, false, "creating needs the whole type"},
        {{"*:" + first_id}, resource_type::workspace, first, true, "this id in any type"},
        {{"*:" + first_id}, resource_type::workspace, second, false, "another id"},
        {{"api_key:*", "user:" + first_id}, resource_type::user, first, true, "any entry will do"},
        {{}, resource_type::user, first, false, "an empty stored list permits nothing"},
        {{"nonsense", "user:1", ":"},
         resource_type::user,
         first,
         false,
         "what cannot be read permits nothing"},
    };
    for (const row& row : rows) {
        INFO(row.reason);
        CHECK(permits(row.stored, row.type, row.id) == row.is_permitted);
    }
}

TEST_CASE("a new key's allow list lies within the creating key's", "[auth][allow_list]")
{
    using outcome = coverage::outcome;
    struct row {
        texts child;
        texts parent;
        outcome what;
        const char* reason;
    };
    const row rows[] = {
        {{"*:*"}, {"*:*"}, outcome::covered, "everything by everything"},
        {{"user:*", "workspace:" + first_id}, {"*:*"}, outcome::covered, "anything by everything"},
        {{"*:*"}, {"user:*", "workspace:*"}, outcome::exceeds, "a wildcard only by a wildcard"},
        {{"user:*"}, {"user:*"}, outcome::covered, "a type by itself"},
        {{"user:*"}, {"user:" + first_id}, outcome::exceeds, "a type not by one of it"},
        {{"user:" + first_id}, {"user:*"}, outcome::covered, "one by its type"},
        {{"user:" + first_id}, {"user:" + second_id}, outcome::exceeds, "another object"},
        {{"*:" + first_id}, {"user:*"}, outcome::exceeds, "an id of any type not by one type"},
        {{"user:" + first_id}, {"*:" + first_id}, outcome::covered, "an id of a type by that of any"},
        {{"unheard_of:*"}, {"user:*"}, outcome::undetermined, "a stored entry of an unknown type"},
        {{"unheard_of:*"}, {"*:*"}, outcome::undetermined, "not even under a wildcard"},
    };
    for (const row& row : rows) {
        INFO(row.reason);
        CHECK(allow_list_covered(row.child, row.parent).what == row.what);
    }

    const texts child{"user:*", "workspace:*"};
    const texts parent{"template:*", "user:*"};
    CHECK(allow_list_covered(child, parent).text ==
          R"(exceeds the creating API key: allow list entry "workspace:*" is not covered by its allow list )"
          "[template:* user:*]; request a subset, or authenticate with a key that allows it");
    CHECK(allow_list_covered(parent, parent).text.empty());
}
