#include "server/config_values.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/result_text.hpp"

using namespace latchkey;

TEST_CASE("listen addresses are read in all their forms", "[server][config]")
{
    struct row {
        std::string_view text;
        std::string_view printed; // empty: refused
        std::string_view reason;
    };
    const std::string longest = "unix:/" + std::string(106, 'a');
    const std::string too_long = longest + "a";
    const row rows[] = {
        {"127.0.0.1:7080", "127.0.0.1:7080", "IPv4"},
        {"localhost:80", "127.0.0.1:80", "the one name that needs no resolver"},
        {":7080", "0.0.0.0:7080", "all interfaces, as Go has it"},
        {"*:0", "0.0.0.0:0", "the system chooses the port"},
        {"[::1]:65535", "[::1]:65535", "IPv6 in brackets, greatest port"},
        {"unix:/run/latchkey.sock", "unix:/run/latchkey.sock", "a socket file"},
        {longest, longest, "the longest path a socket can have"},
        {too_long, "", "one more"},
        {"unix:relative.sock", "", "depends on the working directory"},
        {"unix:", "", "no path"},
        {"127.0.0.1", "", "no port"},
        {"127.0.0.1:", "", "empty port"},
        {"127.0.0.1:65536", "", "one past the greatest port"},
        {"127.0.0.1:-1", "", "no port has a sign"},
        {"::1:7080", "", "IPv6 without brackets is ambiguous"},
        {"[127.0.0.1]:80", "", "brackets are for IPv6"},
        {"example.org:80", "", "names are not resolved"},
        {"", "", "nothing"},
    };
    for (const row& each : rows) {
        INFO(each.text << ": " << each.reason);
        const auto address = parse_listen_address(each.text);
        CHECK(address.has_value() != each.printed.empty());
        if (address) CHECK(to_string(*address) == each.printed);
    }
}

TEST_CASE("a store is named by its scheme", "[server][config]")
{
    CHECK(parse_store_location("memory:")->engine == store_engine::memory);
    CHECK(parse_store_location("sqlite:/var/lib/a b.db")->engine == store_engine::sqlite);
    CHECK(parse_store_location("sqlite:/var/lib/a b.db")->path == "/var/lib/a b.db");

    // The last two: what SQLite would take for a database that forgets.
    for (const std::string_view text :
         {"", "memory", "memory:x", "sqlite:", "latchkey.db", "sqlite::memory:", "sqlite::"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_store_location(text));
    }
    CHECK_FALSE(parse_store_location(std::string_view{"sqlite:a\0b", 10}));

    CHECK(parse_store_location("redis://db")->engine == store_engine::redis);
    CHECK(parse_store_location("redis://db")->redis.endpoint().address.host == "db");
    CHECK(parse_store_location("unix:/run/redis.sock")->redis.endpoint().address.path == "/run/redis.sock");
    CHECK_FALSE(parse_store_location("redis://"));
    CHECK(parse_store_location("redis+cluster://db")->redis.what == redis_topology::kind::cluster);
    CHECK(parse_store_location("redis+sentinel://db/main")->redis.what == redis_topology::kind::sentinel);
    CHECK_FALSE(parse_store_location("redis+sentinel://db"));
    CHECK_FALSE(parse_store_location("redis+sharded://db"));
}

TEST_CASE("sizes are bytes or binary multiples", "[server][config]")
{
    CHECK(parse_size("0") == 0);
    CHECK(parse_size("1048576") == 1048576);
    CHECK(parse_size("64KiB") == 65536);
    CHECK(parse_size("1GiB") == 1073741824);
    CHECK(parse_size("17179869183GiB") == 18446744072635809792u);

    for (const std::string_view text :
         {"", "KiB", "1 KiB", "1kb", "-1", "1.5GiB", "17179869184GiB", "1KiBKiB"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_size(text));
    }
}

TEST_CASE("the url without an access url is that of the first address that has one", "[server][config]")
{
    const auto url_of = [](std::vector<std::string_view> texts) {
        std::vector<listen_address> addresses;
        for (const std::string_view text : texts)
            addresses.push_back(*parse_listen_address(text));
        return local_url(addresses, url_scheme::http);
    };

    CHECK(url_of({"127.0.0.1:7080", "127.0.0.1:7081"}) == "http://127.0.0.1:7080");
    CHECK(url_of({"unix:/run/l.sock", "[::1]:7080"}) == "http://[::1]:7080");
    CHECK(url_of({"*:7080"}) == "http://127.0.0.1:7080");
    CHECK(url_of({"[::]:7080"}) == "http://[::1]:7080");
    CHECK(url_of({"unix:/run/l.sock"}).empty());
}

TEST_CASE("an access url is a plain http address without a slash at its end", "[server][config]")
{
    CHECK(parse_access_url("https://tokens.example.org/") == "https://tokens.example.org");
    CHECK(parse_access_url("http://[::1]:7080/base") == "http://[::1]:7080/base");

    for (const std::string_view text : {"tokens.example.org",
                                        "ftp://a",
                                        "https://",
                                        "https:///path",
                                        "https://user:pw@a",
                                        "https://a?b",
                                        "https://a#b",
                                        "https://a\"b",
                                        "https://a\r\nX: y"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_access_url(text));
    }
}

TEST_CASE("a coder version is three numbers behind a v and a harmless tail", "[server][config]")
{
    for (const std::string_view text : {"v2.34.0", "v2.34.0+abcdef0", "v2.34.0-rc.1"})
        CHECK(is_version(text));
    for (const std::string_view text :
         {"", "v", "2.34.0", "v2.34", "v2.34.", "v2..0", "v2.34.0 ", "v2.34.0\r\n", "v2.34.0x", "v-1.0.0"}) {
        CAPTURE(text);
        CHECK_FALSE(is_version(text));
    }
}
