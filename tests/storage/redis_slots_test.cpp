#include "storage/redis_slots.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/result_text.hpp"

#include <string_view>

namespace latchkey::test {
namespace {

using kind = redis_reply::kind;

const redis_address asked{.host = "10.0.0.1", .port = 7000, .path = {}};

redis_reply text(std::string_view words)
{
    return {.what = kind::text, .integer = 0, .text = std::string{words}, .items = {}};
}

redis_reply number(std::int64_t value)
{
    return {.what = kind::integer, .integer = value, .text = {}, .items = {}};
}

redis_reply list(std::vector<redis_reply> items)
{
    return {.what = kind::array, .integer = 0, .text = {}, .items = std::move(items)};
}

redis_reply error(std::string_view words)
{
    return {.what = kind::error, .integer = 0, .text = std::string{words}, .items = {}};
}

redis_reply range(std::int64_t first, std::int64_t last, std::string_view host, std::int64_t port)
{
    const redis_reply replica = list({text("10.0.0.9"), number(7999), text("id")});
    return list({number(first), number(last), list({text(host), number(port), text("id")}), replica});
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
        list({range(0, 5460, "10.0.0.1", 7000), range(5461, 16383, "10.0.0.2", 7001)}), asked);

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
    const auto map = redis_slot_map::parse(list({range(1, 16383, "10.0.0.1", 7000)}), asked);

    REQUIRE(map);
    CHECK_FALSE(map->is_complete());
    CHECK(map->holder_of(0) == nullptr);
    CHECK(map->holder_of(1) != nullptr);
}

TEST_CASE("a node that does not know its own name is where it was asked", "[storage][redis]")
{
    for (const std::string_view name : {"", "?"}) {
        const auto map = redis_slot_map::parse(list({range(0, 16383, name, 7005)}), asked);
        REQUIRE(map);
        CHECK(*map->holder_of(7) == at("10.0.0.1", 7005));
    }
    CHECK(redirection_in(error("MOVED 5 :7006"), asked)->to == at("10.0.0.1", 7006));
}

TEST_CASE("all nodes are reached as the one that was asked is", "[storage][redis]")
{
    redis_address over_tls = asked;
    over_tls.via = redis_address::transport::tls;

    const auto map = redis_slot_map::parse(list({range(0, 16383, "10.0.0.2", 7001)}), over_tls);

    REQUIRE(map);
    CHECK(map->holder_of(0)->via == redis_address::transport::tls);
    CHECK(redirection_in(error("ASK 5 b:1"), over_tls)->to.via == redis_address::transport::tls);
}

TEST_CASE("what is no map is not taken for one", "[storage][redis]")
{
    const redis_reply primary = list({text("a"), number(1)});
    for (const redis_reply& reply : {error("ERR This instance has cluster support disabled"),
                                     list({}),
                                     list({number(1)}),
                                     list({list({number(0), number(1)})}),
                                     list({list({number(0), number(16384), primary})}),
                                     list({list({number(-1), number(5), primary})}),
                                     list({list({number(6), number(5), primary})}),
                                     list({list({text("0"), number(5), primary})}),
                                     list({list({number(0), number(5), list({text("a"), number(0)})})}),
                                     list({list({number(0), number(5), list({text("a")})})})})
        CHECK_FALSE(redis_slot_map::parse(reply, asked));
}

TEST_CASE("a slot moves alone", "[storage][redis]")
{
    auto map = *redis_slot_map::parse(list({range(0, 16383, "10.0.0.1", 7000)}), asked);

    map.move(100, at("10.0.0.3", 7002));

    CHECK(*map.holder_of(99) == at("10.0.0.1", 7000));
    CHECK(*map.holder_of(100) == at("10.0.0.3", 7002));
    CHECK(*map.holder_of(101) == at("10.0.0.1", 7000));
    CHECK(map.primaries().size() == 2);
}

TEST_CASE("a map knows whether somebody has lost a slot in the next one", "[storage][redis]")
{
    const auto before =
        *redis_slot_map::parse(list({range(0, 99, "a", 1), range(100, 16383, "b", 2)}), asked);
    const auto after = *redis_slot_map::parse(list({range(0, 98, "a", 1), range(99, 16383, "b", 2)}), asked);

    CHECK(before.has_lost_to(after, at("a", 1)));
    CHECK_FALSE(before.has_lost_to(after, at("b", 2)));
    CHECK_FALSE(before.has_lost_to(before, at("a", 1)));
    CHECK_FALSE(before.has_lost_to(after, at("c", 3)));
}

TEST_CASE("redirections name a slot and a server", "[storage][redis]")
{
    const auto moved = redirection_in(error("MOVED 3999 10.0.0.7:6381"), asked);
    const auto ask = redirection_in(error("ASK 16383 fe80::1:6381"), asked);

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
        CHECK_FALSE(redirection_in(error(words), asked));
    }
    CHECK_FALSE(redirection_in(text("MOVED 3999 10.0.0.7:6381"), asked));
}

} // namespace latchkey::test
