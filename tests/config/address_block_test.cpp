#include "server/address_block.hpp"
#include "tests/support/catch.hpp"

using latchkey::address_block;

namespace {

bool contains(std::string_view block, std::string_view address)
{
    const auto parsed = address_block::parse(block);
    REQUIRE(parsed);
    return parsed->contains(boost::asio::ip::make_address(address));
}

} // namespace

TEST_CASE("an address block contains what shares its prefix and nothing else", "[server][address_block]")
{
    struct row {
        std::string_view block;
        std::string_view address;
        bool inside;
        std::string_view reason;
    };
    const row rows[] = {
        {"10.0.0.0/8", "10.255.255.255", true, "last of the block"},
        {"10.0.0.0/8", "11.0.0.0", false, "first behind the block"},
        {"10.1.2.3", "10.1.2.3", true, "an address alone is a block of one"},
        {"10.1.2.3", "10.1.2.2", false, "and of no other"},
        {"192.168.1.128/25", "192.168.1.127", false, "a prefix that ends within a byte"},
        {"192.168.1.128/25", "192.168.1.200", true, "a prefix that ends within a byte"},
        {"0.0.0.0/0", "203.0.113.9", true, "all of IPv4"},
        {"0.0.0.0/0", "2001:db8::1", false, "all of IPv4 is not IPv6"},
        {"10.0.0.0/8", "::ffff:10.1.1.1", true, "the mapped form is the same address"},
        {"::ffff:10.0.0.0/104", "10.1.1.1", true, "also when the block is written in it"},
        {"2001:db8::/33", "2001:db8:7fff::1", true, "IPv6 within a byte"},
        {"2001:db8::/33", "2001:db8:8000::1", false, "IPv6 within a byte"},
        {"::/0", "2001:db8::1", true, "everything"},
    };
    for (const row& each : rows) {
        INFO(each.block << " and " << each.address << ": " << each.reason);
        CHECK(contains(each.block, each.address) == each.inside);
    }
}

TEST_CASE("what is no block of addresses is refused", "[server][address_block]")
{
    const std::string_view rows[] = {
        "",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/8 ",
        "10.0.0/8",
        "10.1.2.3/8",
        "2001:db8::/129",
        "2001:db8::1/64",
        "example.org/8",
        "fe80::1%lo",
        "10.0.0.0/8/8",
    };
    for (const auto text : rows) {
        CAPTURE(text);
        CHECK_FALSE(address_block::parse(text));
    }
}

TEST_CASE("an address block is printed as it is written", "[server][address_block]")
{
    for (const std::string text : {"10.0.0.0/8", "192.168.1.7/32", "2001:db8::/32", "::/0"}) {
        CHECK(address_block::parse(text)->text() == text);
    }
}
