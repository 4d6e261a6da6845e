// What the sharing of audit entries decides without Redis: what to ask, what to take, what waits.
#include "storage/redis_audit_follower.hpp"
#include "storage/redis_audit_outbox.hpp"
#include "tests/storage/audit_fixture.hpp"
#include "tests/storage/sample_replies.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

// Entry `n` in the stream, at "n-0", written by `by`.
redis_reply stream_entry(int n, const std::string& by)
{
    const std::string line = unchained_line(audit_text{numbered_entry(n)});
    return array_reply(
        {text_reply(std::to_string(n) + "-0"),
         array_reply({text_reply("by"), text_reply(by), text_reply("entry"), text_reply(line)})});
}

redis_reply stream_entries(int first, int last, const std::string& by = "other")
{
    std::vector<redis_reply> entries;
    for (int n = first; n <= last; ++n)
        entries.push_back(stream_entry(n, by));
    return array_reply(std::move(entries));
}

struct follower_fixture : audit_fixture {
    follower_fixture()
    {
        open();
        log->keep_foreign(1000);
        follower = std::make_unique<redis_audit_follower>(*log, "me");
    }

    std::string asks_from() const { return std::string{follower->next().command.argument(2)}; }
    std::size_t known() { return search({}).count; }

    std::unique_ptr<redis_audit_follower> follower;
};

using progress = redis_audit_follower::progress;

} // namespace

TEST_CASE("the stream is read from its beginning, then from the last entry that is known", "[redis_audit]")
{
    follower_fixture audit;
    CHECK(audit.asks_from() == "-");
    CHECK(audit.follower->take(audit.follower->next(), array_reply({})) == progress::reached);
    CHECK(audit.asks_from() == "-");

    CHECK(audit.follower->take(audit.follower->next(), stream_entries(1, 3)) == progress::reached);
    CHECK(audit.asks_from() == "3-0");
    CHECK(audit.follower->take(audit.follower->next(), stream_entries(3, 5)) == progress::reached);
    CHECK(audit.asks_from() == "5-0");
    CHECK(audit.known() == 5);
}

TEST_CASE("a full answer is followed by another question", "[redis_audit]")
{
    follower_fixture audit;
    const int full = static_cast<int>(redis_audit_follower::batch);

    CHECK(audit.follower->take(audit.follower->next(), stream_entries(1, full)) == progress::more);
    CHECK(audit.follower->take(audit.follower->next(), stream_entries(full, full)) == progress::reached);
    CHECK(audit.known() == redis_audit_follower::batch);
}

TEST_CASE("a server's own entries are not taken from the stream", "[redis_audit]")
{
    follower_fixture audit;
    audit.follower->take(audit.follower->next(), stream_entries(1, 3, "me"));
    CHECK(audit.known() == 0);
    CHECK(audit.asks_from() == "3-0");
}

TEST_CASE("the same answer to two who asked at once counts once", "[redis_audit]")
{
    follower_fixture audit;
    const auto one = audit.follower->next();
    const auto other = audit.follower->next();

    CHECK(audit.follower->take(one, stream_entries(1, 9)) == progress::reached);
    CHECK(audit.follower->take(other, stream_entries(1, 7)) == progress::reached);

    CHECK(audit.asks_from() == "9-0");
    CHECK(audit.known() == 9);
}

TEST_CASE("when the last known entry is gone or another one, all is read again", "[redis_audit]")
{
    const std::pair<const char*, redis_reply> answers[] = {
        {"emptied", array_reply({})},
        {"trimmed: there are newer ones only", stream_entries(7, 9)},
        {"another primary, with another entry at that place", stream_entries(5, 6, "stranger")},
    };
    for (const auto& [reason, answer] : answers) {
        CAPTURE(reason);
        follower_fixture audit;
        audit.follower->take(audit.follower->next(), stream_entries(1, 5));
        const auto earlier = audit.follower->next();

        CHECK(audit.follower->take(audit.follower->next(), answer) == progress::more);
        CHECK(audit.known() == 0);
        CHECK(audit.asks_from() == "-");

        // One who asked before that does not bring back what is gone.
        CHECK(audit.follower->take(earlier, stream_entries(5, 8)) == progress::more);
        CHECK(audit.known() == 0);
        CHECK(audit.follower->take(audit.follower->next(), stream_entries(2, 3)) == progress::reached);
        CHECK(audit.known() == 2);
    }
}

TEST_CASE("what cannot be read as an entry is passed over and counted", "[redis_audit]")
{
    follower_fixture audit;
    redis_reply broken = stream_entry(2, "other");
    broken.items[1].items[3].text = "{}";
    redis_reply nameless = stream_entry(3, "other");
    nameless.items[1].items.resize(2);

    CHECK(audit.follower->take(
              audit.follower->next(),
              array_reply({stream_entry(1, "other"), broken, nameless, stream_entry(4, "other")})) ==
          progress::reached);

    CHECK(audit.known() == 2);
    CHECK(audit.follower->unreadable() == 2);
}

TEST_CASE("an answer that is no stream is useless", "[redis_audit]")
{
    follower_fixture audit;
    const redis_reply refusal = error_reply("WRONGTYPE Operation against a key");
    redis_reply placeless = stream_entry(1, "other");
    placeless.items[0].text = "1.0";
    for (const redis_reply& answer :
         {refusal, redis_reply{}, array_reply({text_reply("1-0")}), array_reply({placeless})}) {
        CHECK(audit.follower->take(audit.follower->next(), answer) == progress::useless);
    }
    CHECK(audit.known() == 0);
}

TEST_CASE("what waits for Redis keeps its order, and the oldest goes beyond the bound", "[redis_audit]")
{
    using texts = std::vector<std::string>;
    redis_audit_outbox outbox{3};
    outbox.add("1");
    outbox.add("2");
    CHECK(outbox.take(1) == texts{"1"});
    CHECK(outbox.size() == 2); // what was taken may come back
    outbox.add("3");
    outbox.give_back(1, {"1"});
    CHECK(outbox.dropped() == 0);
    outbox.add("4");
    CHECK(outbox.dropped() == 1);
    CHECK(outbox.size() == 3);
    CHECK(outbox.take(9) == texts{"2", "3", "4"});
    outbox.add("5");
    outbox.give_back(3, {"3", "4"});
    CHECK(outbox.take(9) == texts{"3", "4", "5"});
    outbox.give_back(3, {});
    CHECK(outbox.size() == 0);
    CHECK(outbox.dropped() == 1);
}

TEST_CASE("one sends at a time, and nobody for ever", "[redis_audit]")
{
    redis_audit_outbox outbox{3};
    const redis_audit_outbox::instant now{1h};
    CHECK(outbox.begin_sending(now, 10s));
    CHECK_FALSE(outbox.begin_sending(now + 9s, 10s));
    CHECK(outbox.begin_sending(now + 10s, 10s));
    outbox.end_sending();
    CHECK(outbox.begin_sending(now + 10s, 10s));
}
