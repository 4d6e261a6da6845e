#include "storage/redis_slots.hpp"
#include "tests/storage/sample_replies.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/result_text.hpp"

#include <string_view>

namespace latchkey::test {
namespace {

const redis_address asked_node{.host = "10.0.0.1", .port = 7000, .path = {}};

redis_reply slot_range(std::int64_t first, std::int64_t last, std::string_view host, std::int64_t port)
{
    const redis_reply replica = array_reply({text_reply("10.0.0.9"), number_reply(7999), text_reply("id")});
    return array_reply({number_reply(first),
                        number_reply(last),
                        array_reply({text_reply(host), number_reply(port), text_reply("id")}),
                        replica});
}

redis_address at(std::string_view host, std::uint16_t port)
{
    return {.host = std::string{host}, .port = port, .path = {}};
}

} // namespace

TEST_CASE("the slot of a key is CRC16/XMODEM of the key, or of its tag", "[storage][redis]")
{
    struct sample {
        std::string_view key;
        std::uint16_t slot;
    };
    // The first is the check value of CRC16/XMODEM, 0x31c3; all were read off CLUSTER KEYSLOT of Redis 7.0.
    const sample samples[] = {{"123456789", 0x31c3},
                              {"", 0},
                              {"foo", 12182},
                              {"somekey", 11058},
                              {"foo{hash_tag}", 2515},
                              {"bar{hash_tag}", 2515},
                              {"{}foo", 9500},      // an empty tag is none
                              {"foo{}{bar}", 8363}, // nor is what comes behind it
                              {"foo{{bar}}zap", 4015},
                              {"foo{bar}{zap}", 5061},
                              {"lk:{users}:record", 14124}};
    for (const sample& each : samples) {
        CAPTURE(each.key);
        CHECK(redis_slot_of(each.key) == each.slot);
    }
}

TEST_CASE("the map says who holds a slot", "[storage][redis]")
{
    const auto map = redis_slot_map::parse(
        array_reply({slot_range(0, 5460, "10.0.0.1", 7000), slot_range(5461, 16383, "10.0.0.2", 7001)}),
        asked_node);

    REQUIRE(map);
    CHECK(map->is_complete());
    CHECK(map->primaries().size() == 2);
    CHECK(*map->holder_of(0) == at("10.0.0.1", 7000));
    CHECK(*map->holder_of(5460) == at("10.0.0.1", 7000));
    CHECK(*map->holder_of(5461) == at("10.0.0.2", 7001));
    CHECK(*map->holder_of(16383) == at("10.0.0.2", 7001));
}

TEST_CASE("a slot that nobody holds has no holder", "[storage][redis]")
{
    const auto map = redis_slot_map::parse(array_reply({slot_range(1, 16383, "10.0.0.1", 7000)}), asked_node);

    REQUIRE(map);
    CHECK_FALSE(map->is_complete());
    CHECK(map->holder_of(0) == nullptr);
    CHECK(map->holder_of(1) != nullptr);
}

TEST_CASE("a node that does not know its own name is where it was asked", "[storage][redis]")
{
    for (const std::string_view name : {"", "?"}) {
        const auto map = redis_slot_map::parse(array_reply({slot_range(0, 16383, name, 7005)}), asked_node);
        REQUIRE(map);
        CHECK(*map->holder_of(7) == at("10.0.0.1", 7005));
    }
    CHECK(redirection_in(error_reply("MOVED 5 :7006"), asked_node)->to == at("10.0.0.1", 7006));
}

TEST_CASE("all nodes are reached as the one that was asked is", "[storage][redis]")
{
    redis_address over_tls = asked_node;
    over_tls.via = redis_address::transport::tls;

    const auto map = redis_slot_map::parse(array_reply({slot_range(0, 16383, "10.0.0.2", 7001)}), over_tls);

    REQUIRE(map);
    CHECK(map->holder_of(0)->via == redis_address::transport::tls);
    CHECK(redirection_in(error_reply("ASK 5 b:1"), over_tls)->to.via == redis_address::transport::tls);
}

TEST_CASE("what is no map is not taken for one", "[storage][redis]")
{
    const redis_reply primary = array_reply({text_reply("a"), number_reply(1)});
    for (const redis_reply& reply :
         {error_reply("ERR This instance has cluster support disabled"),
          array_reply({}),
          array_reply({number_reply(1)}),
          array_reply({array_reply({number_reply(0), number_reply(1)})}),
          array_reply({array_reply({number_reply(0), number_reply(16384), primary})}),
          array_reply({array_reply({number_reply(-1), number_reply(5), primary})}),
          array_reply({array_reply({number_reply(6), number_reply(5), primary})}),
          array_reply({array_reply({text_reply("0"), number_reply(5), primary})}),
          array_reply({array_reply(
              {number_reply(0), number_reply(5), array_reply({text_reply("a"), number_reply(0)})})}),
          array_reply({array_reply({number_reply(0), number_reply(5), array_reply({text_reply("a")})})})})
        CHECK_FALSE(redis_slot_map::parse(reply, asked_node));
}

TEST_CASE("a slot moves alone", "[storage][redis]")
{
    auto map = *redis_slot_map::parse(array_reply({slot_range(0, 16383, "10.0.0.1", 7000)}), asked_node);

    map.move(100, at("10.0.0.3", 7002));

    CHECK(*map.holder_of(99) == at("10.0.0.1", 7000));
    CHECK(*map.holder_of(100) == at("10.0.0.3", 7002));
    CHECK(*map.holder_of(101) == at("10.0.0.1", 7000));
    CHECK(map.primaries().size() == 2);
}

TEST_CASE("a map knows whether somebody has lost a slot in the next one", "[storage][redis]")
{
    const auto before = *redis_slot_map::parse(
        array_reply({slot_range(0, 99, "a", 1), slot_range(100, 16383, "b", 2)}), asked_node);
    const auto after = *redis_slot_map::parse(
        array_reply({slot_range(0, 98, "a", 1), slot_range(99, 16383, "b", 2)}), asked_node);

    CHECK(before.has_lost_to(after, at("a", 1)));
    CHECK_FALSE(before.has_lost_to(after, at("b", 2)));
    CHECK_FALSE(before.has_lost_to(before, at("a", 1)));
    CHECK_FALSE(before.has_lost_to(after, at("c", 3)));
}

TEST_CASE("redirections name a slot and a server", "[storage][redis]")
{
    const auto moved = redirection_in(error_reply("MOVED 3999 10.0.0.7:6381"), asked_node);
    const auto ask = redirection_in(error_reply("ASK 16383 fe80::1:6381"), asked_node);

    REQUIRE(moved);
    CHECK(moved->is_lasting);
    CHECK(moved->slot == 3999);
    CHECK(moved->to == at("10.0.0.7", 6381));
    REQUIRE(ask);
    CHECK_FALSE(ask->is_lasting);
    CHECK(ask->slot == 16383);
    CHECK(ask->to == at("fe80::1", 6381));
    for (const std::string_view words : {"MOVED",
                                         "MOVED ",
                                         "MOVED 1",
                                         "MOVED 1 a",
                                         "MOVED 16384 a:1",
                                         "MOVED x a:1",
                                         "MOVED 1 a:0",
                                         "MOVED 1 a:70000",
                                         "ASK 1 a:b",
                                         "ASKING 1 a:1",
                                         "TRYAGAIN x",
                                         "ERR MOVED 1 a:1"}) {
        CAPTURE(words);
        CHECK_FALSE(redirection_in(error_reply(words), asked_node));
    }
    CHECK_FALSE(redirection_in(text_reply("MOVED 3999 10.0.0.7:6381"), asked_node));
}

} // namespace latchkey::test
