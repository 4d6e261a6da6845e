#include "server/client_address.hpp"
#include "tests/support/catch.hpp"

#include <vector>

using namespace latchkey;

namespace {

std::vector<address_block> blocks(std::initializer_list<const char*> texts)
{
    std::vector<address_block> made;
    for (const char* text : texts)
        made.push_back(address_block::parse(text).value());
    return made;
}

std::string address_of(const char* peer, const char* forwarded_for, const std::vector<address_block>& trusted)
{
    request asked;
    asked.peer = boost::asio::ip::make_address(peer);
    asked.forwarded_for = forwarded_for;
    return address_text(client_address(asked, trusted));
}

} // namespace

TEST_CASE("client IP only from trusted hops: forwarded addresses are walked from the right through trusted "
          "proxies only",
          "[server][address]")
{
    const auto trusted = blocks({"10.0.0.0/8", "2001:db8::/32"});
    struct row {
        const char* peer;
        const char* forwarded_for;
        const char* client;
        const char* reason;
    };
    const row rows[] = {
        {"198.51.100.1", "1.1.1.1", "198.51.100.1", "an untrusted peer speaks only for itself"},
        {"10.0.0.1", "", "10.0.0.1", "a trusted peer without the header is the client"},
        {"10.0.0.1", "1.1.1.1", "1.1.1.1", "one hop"},
        {"10.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1", "what is left of an untrusted hop is invented"},
        {"10.0.0.1", "6.6.6.6,1.1.1.1 , 10.2.3.4", "1.1.1.1", "two of our proxies"},
        {"10.0.0.1", "10.1.1.1, 10.2.2.2", "10.1.1.1", "all trusted: the leftmost"},
        {"10.0.0.1", "1.1.1.1, garbage", "10.0.0.1", "garbage on the way: the peer"},
        {"10.0.0.1", "garbage, 1.1.1.1", "1.1.1.1", "garbage that is never reached"},
        {"10.0.0.1", "garbage, 10.1.1.1", "10.0.0.1", "garbage behind a trusted hop"},
        {"10.0.0.1", "1.1.1.1,", "10.0.0.1", "an empty entry is garbage"},
        {"10.0.0.1", "1.1.1.1:4711", "1.1.1.1", "with a port"},
        {"10.0.0.1", "[2001:db9::1]:80", "2001:db9::1", "IPv6 with a port"},
        {"10.0.0.1", "2001:db9::1", "2001:db9::1", "bare IPv6"},
        {"10.0.0.1", "[2001:db9::1", "2001:db9::1", "a bracket that is not closed does no harm"},
        {"2001:db8::1", "1.1.1.1", "1.1.1.1", "IPv6 peer"},
        {"::ffff:10.0.0.1", "1.1.1.1", "1.1.1.1", "mapped IPv4 peer"},
        {"::ffff:198.51.100.1", "1.1.1.1", "198.51.100.1", "mapped addresses come back as IPv4"},
        {"10.0.0.1", "999.1.1.1", "10.0.0.1", "no address"},
    };
    for (const row& each : rows) {
        INFO(each.reason);
        CHECK(address_of(each.peer, each.forwarded_for, trusted) == each.client);
    }
}

TEST_CASE("without trusted proxies nobody is believed", "[server][address]")
{
    CHECK(address_of("10.0.0.1", "1.1.1.1", {}) == "10.0.0.1");

    request local;
    local.peer_is_local_socket = true;
    local.forwarded_for = "1.1.1.1";
    CHECK(client_address(local, {}).is_unspecified());
    CHECK(client_address(local, blocks({"10.0.0.0/8"})).to_string() == "1.1.1.1");
}
