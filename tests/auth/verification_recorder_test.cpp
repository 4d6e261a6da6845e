#include "auth/verification_recorder.hpp"
#include "tests/support/auth_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

struct recorder_fixture {
    explicit recorder_fixture(verifications_recorded which, std::uint32_t per_second = 100)
        : recorder{audit, now, which, per_second}
    {}

    void record(const verification_event& event) { recorder.record(context.get_executor(), event); }

    void run()
    {
        context.restart();
        context.run();
    }

    fake_clock now;
    recording_audit audit;
    asio::io_context context{1};
    verification_recorder recorder;
};

verification_event refused_event()
{
    verification_event event;
    event.what = verdict::wrong_secret;
    event.address = "192.0.2.9";
    return event;
}

} // namespace

TEST_CASE("which verifications are recorded is a matter of the setting", "[auth][verification_recorder]")
{
    struct row {
        verifications_recorded which;
        bool refused, accepted;
    };
    for (const row& one : {row{verifications_recorded::none, false, false},
                           row{verifications_recorded::denied, true, false},
                           row{verifications_recorded::all, true, true}}) {
        const recorder_fixture fixture{one.which};
        CHECK(fixture.recorder.wants(true) == one.refused);
        CHECK(fixture.recorder.wants(false) == one.accepted);
    }
}

TEST_CASE("recording only posts: the caller may hold a stripe and must not wait",
          "[auth][verification_recorder]")
{
    recorder_fixture fixture{verifications_recorded::denied};

    fixture.record(refused_event());
    CHECK(fixture.audit.entries.empty());
    fixture.run();
    REQUIRE(fixture.audit.entries.size() == 1);
    const audit_entry& entry = fixture.audit.last();
    CHECK(entry.action == "verify");
    CHECK(entry.outcome == "refused");
    CHECK(entry.status == 401);
    CHECK(entry.address == "192.0.2.9");
    CHECK(entry.additional_fields.at("reason") == "wrong_secret");
    CHECK_FALSE(entry.additional_fields.contains("folded"));
}

TEST_CASE("a refused key is named but proves nobody, an accepted one does", "[auth][verification_recorder]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const key_record key = auth.stored(auth.token_of(ada, unrestricted_rights())).key;
    recorder_fixture fixture{verifications_recorded::all};
    verification_event event = refused_event();
    event.key = &key;
    event.owner = {ada.id, ada.username, user_status::active, false, 0};

    fixture.record(event);
    event.what = verdict::accepted;
    event.status = 200;
    fixture.record(event);
    fixture.run();
    REQUIRE(fixture.audit.entries.size() == 2);
    CHECK(fixture.audit.entries[0].resource_id == ada.id);
    CHECK(fixture.audit.entries[0].additional_fields.at("key_id").as_string() == key.id.view());
    CHECK_FALSE(fixture.audit.entries[0].actor);
    CHECK(fixture.audit.entries[1].actor == ada.id);
    CHECK(fixture.audit.entries[1].actor_key == key.id.view());
    CHECK(fixture.audit.entries[1].outcome == "allowed");
}

TEST_CASE("what exceeds the rate is folded into the next entry, which says how many",
          "[auth][verification_recorder]")
{
    recorder_fixture fixture{verifications_recorded::denied, 3};

    for (int i = 0; i < 10; ++i)
        fixture.record(refused_event());
    fixture.run();
    CHECK(fixture.audit.entries.size() == 3);
    CHECK(fixture.recorder.folded() == 7);

    fixture.now.advance(1s);
    fixture.record(refused_event());
    fixture.run();
    REQUIRE(fixture.audit.entries.size() == 4);
    CHECK(fixture.audit.last().additional_fields.at("folded") == 7);
    CHECK(fixture.recorder.folded() == 0);
}

TEST_CASE("what a failing log did not take is counted in the next entry", "[auth][verification_recorder]")
{
    recorder_fixture fixture{verifications_recorded::denied};
    fixture.audit.fails_with = storage_errc::overloaded;
    fixture.record(refused_event());
    fixture.record(refused_event());
    fixture.run();
    CHECK(fixture.audit.entries.empty());

    fixture.audit.fails_with = {};
    fixture.record(refused_event());
    fixture.run();
    REQUIRE(fixture.audit.entries.size() == 1);
    CHECK(fixture.audit.last().additional_fields.at("folded") == 2);
}

TEST_CASE("before the end, what was folded gets an entry of its own", "[auth][verification_recorder]")
{
    recorder_fixture fixture{verifications_recorded::denied, 1};
    for (int i = 0; i < 5; ++i)
        fixture.record(refused_event());
    fixture.run();
    REQUIRE(fixture.audit.entries.size() == 1);

    REQUIRE(run_task(fixture.recorder.flush()));
    REQUIRE(fixture.audit.entries.size() == 2);
    CHECK(fixture.audit.last().additional_fields.at("folded") == 3); // and the entry itself: four
    REQUIRE(run_task(fixture.recorder.flush()));
    CHECK(fixture.audit.entries.size() == 2);
}

TEST_CASE("an entry whose shard stopped before it was written is counted at the end",
          "[auth][verification_recorder]")
{
    recorder_fixture fixture{verifications_recorded::denied, 2};
    for (int i = 0; i < 3; ++i) // two on their way, one folded
        fixture.record(refused_event());

    REQUIRE(run_task(fixture.recorder.flush())); // the shard's context never runs again
    REQUIRE(fixture.audit.entries.size() == 1);
    CHECK(fixture.audit.last().additional_fields.at("folded") == 2); // and the entry itself: three
}

TEST_CASE("a log that stands still does not collect entries without end", "[auth][verification_recorder]")
{
    recorder_fixture fixture{verifications_recorded::denied, 10'000};

    for (int i = 0; i < 2'000; ++i) // nothing runs meanwhile
        fixture.record(refused_event());
    CHECK(fixture.recorder.folded() > 0);
    fixture.run();
    CHECK(fixture.audit.entries.size() + fixture.recorder.folded() == 2'000);
}
