// The table that one shard keeps of keys it has read from Redis: what may be used, and when no more.
#include "tests/storage/key_cache_fixture.hpp"

namespace latchkey::test {

TEST_CASE("what was read is found, with its owner, and what was not is asked for", "[storage][cache]")
{
    cache_fixture table;
    table.keep(1);

    const key_lookup found = table.cache.lookup(id_of(1), table.now);
    REQUIRE(found.what == outcome::found);
    CHECK(found.key->name == "token-1");
    CHECK(found.owner.username == "alice");
    CHECK(found.owner.id == sample_uuid(1));
    CHECK(table.look(2) == outcome::ask);
    CHECK(table.figures().hits == 1);
    CHECK(table.figures().misses == 1);
    CHECK(table.figures().entries == 1);
}

TEST_CASE("an absent key is known as absent until news of it comes", "[storage][cache]")
{
    cache_fixture table;
    table.keep_absent(1);
    CHECK(table.look(1) == outcome::absent);

    table.cache.forget(GENERATE_COPY(key_name(1), redis_layout::meta(id_of(1)), owners_name(1)));

    CHECK(table.look(1) == outcome::ask);
}

TEST_CASE("the lease is the limit: up to it, not at it, and never for what a lost one covered",
          "[storage][cache]")
{
    cache_fixture table;
    table.keep(1);
    table.keep_absent(2);

    table.now += 100ms - 1ns;
    CHECK(table.look(1) == outcome::found);
    CHECK(table.look(2) == outcome::absent);
    table.now += 1ns;
    CHECK(table.look(1) == outcome::ask);
    CHECK(table.look(2) == outcome::ask);

    table.lease->extend(table.now - 50ms, 100ms); // a late proof covers all that nobody took back meanwhile
    CHECK(table.look(1) == outcome::found);
    table.lease->extend(table.now - 99ms, 100ms); // an older one changes nothing
    table.now += 49ms;
    CHECK(table.look(1) == outcome::found);

    table.lease->lose();
    table.lease->extend(table.now, 100ms);
    CHECK(table.look(1) == outcome::ask);
    CHECK(table.look(2) == outcome::ask);
}

TEST_CASE("a reply is kept only while its claim stands", "[storage][cache]")
{
    cache_fixture table;
    const auto claimed = table.cache.claim(id_of(1));
    REQUIRE(claimed != 0);
    const auto come_back = [&] {
        table.cache.keep(id_of(1), claimed, cache_fixture::record(1), table.lease);
    };

    SECTION("undisturbed")
    {
        table.cache.forget(key_name(2));
        come_back();
        CHECK(table.look(1) == outcome::found);
    }
    SECTION("news of the key between the read and its reply")
    {
        table.cache.forget(key_name(1));
        come_back();
        CHECK(table.look(1) == outcome::ask);
    }
    SECTION("news of its record")
    {
        table.cache.forget(redis_layout::meta(id_of(1)));
        come_back();
        CHECK(table.look(1) == outcome::ask);
    }
    SECTION("news of its owners")
    {
        table.cache.forget(owners_name(1));
        come_back();
        CHECK(table.look(1) == outcome::ask);
    }
    SECTION("everything was forgotten")
    {
        table.cache.forget_all();
        come_back();
        CHECK(table.look(1) == outcome::ask);
    }
    SECTION("another shard changed it")
    {
        table.changes->note(id_of(1));
        come_back();
        CHECK(table.look(1) == outcome::ask);
    }
    SECTION("news after the reply")
    {
        come_back();
        table.cache.forget(key_name(1));
        CHECK(table.look(1) == outcome::ask);
    }
    SECTION("the claim was given up, as after a failure")
    {
        table.cache.give_up(id_of(1), claimed);
        come_back();
        CHECK(table.look(1) == outcome::ask);
    }
    SECTION("nothing vouches for the reply")
    {
        table.cache.keep(id_of(1), claimed, cache_fixture::record(1), nullptr);
        CHECK(table.look(1) == outcome::ask);
    }
    SECTION("its lease is lost by now")
    {
        table.lease->lose();
        come_back();
        CHECK(table.figures().entries == 0);
    }
    // However it went, the next read may be kept.
    table.lease = std::make_shared<redis_lease>();
    table.lease->extend(table.now, 100ms);
    table.keep(1);
    CHECK(table.look(1) == outcome::found);
}

TEST_CASE("a claim is one read's: not that of a second read, nor of one before it", "[storage][cache]")
{
    cache_fixture table;
    const auto first = table.cache.claim(id_of(1));

    SECTION("a second read meanwhile is not kept, and does not disturb the first")
    {
        const auto second = table.cache.claim(id_of(1));
        CHECK(second == 0);
        key_with_owner other = cache_fixture::record(1);
        other.owner.username = "second";
        table.cache.keep(id_of(1), second, other, table.lease);
        table.cache.keep_absent(id_of(1), second, table.lease);
        table.cache.give_up(id_of(1), second);
        CHECK(table.look(1) == outcome::ask);

        table.cache.keep(id_of(1), first, cache_fixture::record(1), table.lease);
        CHECK(table.cache.lookup(id_of(1), table.now).owner.username == "alice");
    }
    SECTION("the reply of a read whose claim was taken away does not use up the next one's")
    {
        table.cache.forget(key_name(1));
        const auto second = table.cache.claim(id_of(1));
        REQUIRE(second != 0);
        table.cache.keep(id_of(1), first, cache_fixture::record(1), table.lease);
        CHECK(table.look(1) == outcome::ask);
        table.cache.give_up(id_of(1), first);

        table.cache.keep(id_of(1), second, cache_fixture::record(1), table.lease);
        CHECK(table.look(1) == outcome::found);
    }
}

TEST_CASE("news of the owners of a tag concerns every key of that tag, and hardly another",
          "[storage][cache]")
{
    cache_fixture table;
    key_id same_tag = id_of(1);
    same_tag.characters.back() = '~'; // no id of any sample
    table.keep(1);
    table.cache.keep(
        same_tag,
        table.cache.claim(same_tag),
        [&] {
            key_with_owner read = cache_fixture::record(1);
            read.key.id = same_tag;
            return read;
        }(),
        table.lease);
    key_id other_tag = id_of(1);
    other_tag.characters[0] = 'q';
    key_with_owner other = cache_fixture::record(1);
    other.key.id = other_tag;
    table.cache.keep(other_tag, table.cache.claim(other_tag), other, table.lease);

    table.cache.forget(owners_name(1));

    CHECK(table.look(1) == outcome::ask);
    CHECK(table.cache.lookup(same_tag, table.now).what == outcome::ask);
    CHECK(table.cache.lookup(other_tag, table.now).what == outcome::found);
}

TEST_CASE("what this process changed is not used from then on, on any shard", "[storage][cache]")
{
    cache_fixture table;
    key_cache other{1'000'000, table.changes, table.marks};
    other.keep(id_of(1), other.claim(id_of(1)), cache_fixture::record(1), table.lease);
    table.keep(1);
    table.keep_absent(2);

    table.changes->note(id_of(1));
    table.changes->note(id_of(2));

    CHECK(table.look(1) == outcome::ask);
    CHECK(other.lookup(id_of(1), table.now).what == outcome::ask);
    CHECK(table.look(2) == outcome::ask);
}

TEST_CASE("after FLUSHALL nothing is used, and new replies are kept", "[storage][cache]")
{
    cache_fixture table;
    table.keep(1);
    table.keep_absent(2);

    table.cache.forget_all();

    CHECK(table.look(1) == outcome::ask);
    CHECK(table.look(2) == outcome::ask);
    table.keep(1);
    CHECK(table.look(1) == outcome::found);
}

TEST_CASE("names of Redis keys tell whom they are about", "[storage][cache]")
{
    using namespace redis_layout;
    CHECK(subject_of("lk:{abc}:key:abc4567890").key->view() == "abc4567890");
    CHECK(subject_of("lk:{abc}:meta:abc4567890").key->view() == "abc4567890");
    CHECK(subject_of("lk:{abc}:owners").owners_of == "abc");
    for (const char* other : {"",
                              "lk:{abc}:",
                              "lk:{abc}:owners2",
                              "lk:{abc}:used:abc4567890",
                              "lk:{abc}:gone:abc4567890",
                              "lk:{abc}:key:abc45678",
                              "lk:{users}:record",
                              "lk:{lk}:deployment",
                              "other"}) {
        CAPTURE(other);
        CHECK_FALSE(subject_of(other).key);
        CHECK(subject_of(other).owners_of.empty());
    }
}

TEST_CASE("who wants a revision is answered once the lease is proven beyond it, and not before",
          "[storage][cache]")
{
    cache_fixture table;
    table.keep(1);
    table.keep_absent(2);
    const auto look = [&](std::uint32_t number, revision least) {
        return table.cache.lookup(id_of(number), table.now, least).what;
    };
    CHECK(look(1, any_revision) == outcome::found);
    CHECK(look(1, 1) == outcome::ask); // nothing is proven of the clock of Redis
    CHECK(look(2, 1) == outcome::ask);

    table.lease->prove_before(1000); // while its clock showed that, so changes of that time may be to come

    CHECK(look(1, 999) == outcome::found);
    CHECK(look(2, 999) == outcome::absent);
    CHECK(look(1, 1000) == outcome::ask);
    CHECK(look(2, 1000) == outcome::ask);
    CHECK(look(1, any_revision) == outcome::found);
    table.lease->prove_before(1001);
    CHECK(look(1, 1000) == outcome::found);
    CHECK(look(2, 1000) == outcome::absent);
    CHECK(look(1, no_kept_revision) == outcome::ask);

    table.lease->prove_before(500); // somebody set that clock back

    CHECK(look(1, 999) == outcome::ask);
    CHECK(look(1, 499) == outcome::found);
    table.now += 1h;
    CHECK(look(1, 499) == outcome::ask); // the lease has run out all the same
    table.lease->lose();
    table.lease->prove_before(2000);
    CHECK(look(1, 499) == outcome::ask);
}

} // namespace latchkey::test
