#include "auth/audit_diff.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sample_records.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

const time_point now{1'700'000'000s};

} // namespace

TEST_CASE("the diff of a new key is JSON with every listed field on one side", "[auth][audit_diff]")
{
    key_record key = sample_token(7, sample_uuid(1), now);
    key.name = "says \"hi\"\n\xFF";

    CHECK(diff_of_created(key) ==
          R"({"user_id":{"new":"a5000000-0000-0000-0000-000000000001","secret":false},)"
          R"("created_at":{"new":"2023-11-14T22:13:20Z","secret":false},)"
          R"("expires_at":{"new":"2023-11-14T23:13:20Z","secret":false},)"
          R"("lifetime_seconds":{"new":3600,"secret":false},)"
          R"("scopes":{"new":["coder:all"],"secret":false},"allow_list":{"new":["*:*"],"secret":false},)"
          R"("token_name":{"new":"says \"hi\"\u000a)"
          "\xEF\xBF\xBD"
          R"(","secret":false},"last_used":{"new":"1970-01-01T00:00:00Z","secret":false}})");
}

TEST_CASE("the diff of a key that is gone shows what it was, without what it never had", "[auth][audit_diff]")
{
    const key_listing gone{sample_session(7, sample_uuid(1), now), now + 1min, {}};
    const std::string diff = diff_of_deleted(gone);

    CHECK(diff.find("token_name") == diff.npos);
    CHECK(diff.find("new") == diff.npos);
    CHECK(diff.find(R"("last_used":{"old":"2023-11-14T22:14:20Z","secret":false}})") != diff.npos);
}

TEST_CASE("a diff has both sides of what changed, and nothing of what did not", "[auth][audit_diff]")
{
    CHECK(diff_of_expired(now + 1h, now) ==
          R"({"expires_at":{"old":"2023-11-14T23:13:20Z","new":"2023-11-14T22:13:20Z","secret":false}})");
    CHECK(diff_of_expired(now, now).empty());

    const user before = sample_user(1, now);
    user after = before;
    CHECK(diff_of_changed(before, after).empty());
    after.roles.add(role::auditor);
    CHECK(diff_of_changed(before, after) == R"({"roles":{"new":["auditor"],"secret":false}})");
    after.is_deleted = true;
    CHECK(diff_of_changed(after, before) == R"({"roles":{"old":["auditor"],"secret":false},)"
                                            R"("deleted":{"old":true,"new":false,"secret":false}})");
}

TEST_CASE("the diff of a new user shows no password", "[auth][audit_diff]")
{
    user account = sample_user(3, now);
    account.name.clear();
    account.is_service_account = true;

    CHECK(diff_of_created(account) == R"({"username":{"new":"User-3","secret":false},)"
                                      R"("email":{"new":"User-3@Example.com","secret":false},)"
                                      R"("status":{"new":"active","secret":false},)"
                                      R"("login_type":{"new":"password","secret":false},)"
                                      R"("is_service_account":{"new":true,"secret":false}})");
    CHECK(diff_of_new_password() == R"({"hashed_password":{"secret":true}})");
}
