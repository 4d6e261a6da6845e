#include "tests/server/test_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tls_channel.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

namespace latchkey::test {
namespace {

const std::string fast = "GET /fast HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string last = "GET /fast HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

std::shared_ptr<const tls_identity> load(const tls_files& files)
{
    const auto loaded = tls_identity::load(files);
    if (!loaded) throw std::runtime_error{loaded.error().message};
    return *loaded;
}

std::shared_ptr<const tls_identity> identity(const std::string& client_ca = {})
{
    return load({.certificate = certificates().server_certificate(),
                 .key = certificates().server_key(),
                 .client_ca = client_ca});
}

// Shows the client's certificate; for what a reload changes.
std::shared_ptr<const tls_identity> other_identity()
{
    return load({.certificate = certificates().client_certificate(),
                 .key = certificates().client_key(),
                 .client_ca = {}});
}

tls_offer offer()
{
    tls_offer made;
    made.ca_file = certificates().ca();
    return made;
}

tls_offer offer_of_version(int version)
{
    tls_offer made = offer();
    made.lowest_version = made.highest_version = version;
    return made;
}

std::string subject_of(const tls_channel& channel)
{
    X509* const shown = SSL_get0_peer_certificate(channel.native());
    char* const text = X509_NAME_oneline(X509_get_subject_name(shown), nullptr, 0);
    std::string subject = text;
    OPENSSL_free(text);
    return subject;
}

std::string answer_to(tls_channel& channel, std::string_view request)
{
    channel.send(request);
    return channel.receive_all();
}

std::size_t count_of(std::string_view needle, std::string_view text)
{
    std::size_t count = 0;
    for (std::size_t at = text.find(needle); at != text.npos; at = text.find(needle, at + 1))
        ++count;
    return count;
}

} // namespace

TEST_CASE("TLS 1.2 and 1.3 are spoken, and nothing older", "[server][tls]")
{
    const test_server server{{.tls = identity()}};

    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_channel channel{server.address(), offer_of_version(version)};
        CHECK(channel.version() == (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
        CHECK_THAT(answer_to(channel, last), Catch::StartsWith("HTTP/1.1 200 OK\r\n"));
    }
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        CHECK_THROWS_WITH((tls_channel{server.address(), offer_of_version(version)}),
                          Catch::Contains("protocol version"));
    }
}

TEST_CASE("of the protocols that are offered only http/1.1 is chosen", "[server][tls]")
{
    const test_server server{{.tls = identity()}};
    tls_offer wanted = offer();

    CHECK(tls_channel{server.address(), wanted}.protocol().empty());
    wanted.protocols = "\x02h2\x08http/1.1";
    CHECK(tls_channel{server.address(), wanted}.protocol() == "http/1.1");
    wanted.protocols = "\x02h2";
    CHECK_THROWS_WITH((tls_channel{server.address(), wanted}), Catch::Contains("no application protocol"));
}

TEST_CASE("pipelined requests are answered in order, whatever the records", "[server][tls]")
{
    const test_server server{{.tls = identity()}};
    tls_channel channel{server.address(), offer()};
    std::string requests;
    for (int count = 0; count < 1000; ++count)
        requests += fast;

    channel.send(requests);      // many in one record
    for (const char byte : fast) // and a record for each byte
        channel.send({&byte, 1});

    const std::string answers = answer_to(channel, last);
    CHECK(count_of("HTTP/1.1 200 OK\r\n", answers) == 1002);
}

TEST_CASE("what arrives while a request waits is read, also behind what was read before", "[server][tls]")
{
    test_server server{{.tls = identity()}};
    tls_channel channel{server.address(), offer()};
    tls_channel other{server.address(), offer()}; // on the same shard

    channel.send_together({"GET /gate HTTP/1.1\r\nHost: a\r\n\r\n", fast}); // read as one
    server.wait_for_handlers(1);
    channel.send(last);
    CHECK_THAT(answer_to(other, last), Catch::StartsWith("HTTP/1.1 200 OK\r\n")); // the shard has seen it
    server.open_gate();

    CHECK(count_of("HTTP/1.1 200 OK\r\n", channel.receive_all()) == 3);
}

TEST_CASE("small records that come as fast as they can are all read", "[server][tls]")
{
    const test_server server{{.tls = identity()}};
    for (std::size_t size = 1; size < 400; size += 7) {
        tls_channel channel{server.address(), offer()};
        std::string requests;
        for (int count = 0; count < 100; ++count)
            requests += fast;
        for (std::string_view rest = requests; !rest.empty(); rest.remove_prefix(std::min(size, rest.size())))
            channel.send(rest.substr(0, size));
        CHECK(count_of("HTTP/1.1 200 OK\r\n", answer_to(channel, last)) == 101);
    }
}

TEST_CASE("bodies and answers of many records come whole", "[server][tls]")
{
    const test_server server{{.tls = identity()}};
    tls_channel channel{server.address(), offer()};
    const std::string body(1'000'000, 'b');

    channel.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + body);
    channel.send("GET /large?3000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    const std::string answers = channel.receive_all();
    CHECK(answers.find("\r\n\r\n" + body) != answers.npos);
    CHECK(answers.ends_with(std::string(3'000'000, 'x')));
}

TEST_CASE("a handshake may come in pieces", "[server][tls]")
{
    const test_server server{{.tls = identity()}};
    tls_channel channel{server.address(), offer(), 7};
    CHECK_THAT(answer_to(channel, last), Catch::StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("the end of the stream is said, by both", "[server][tls]")
{
    const test_server server{{.tls = identity()}};

    SECTION("by the server, after an answer that closes")
    {
        tls_channel channel{server.address(), offer()};
        CHECK_NOTHROW(answer_to(channel, last)); // receive_all() wants TLS's own end
    }
    SECTION("by the client, which still hears what it asked for")
    {
        tls_channel channel{server.address(), offer()};
        channel.send(fast);
        channel.finish_sending();
        CHECK_THAT(channel.receive_all(), Catch::StartsWith("HTTP/1.1 200 OK\r\n"));
    }
    SECTION("by the server, to who sends nonsense")
    {
        tls_channel channel{server.address(), offer()};
        CHECK_THAT(answer_to(channel, "nonsense\r\n\r\n"), Catch::StartsWith("HTTP/1.1 400"));
    }
}

TEST_CASE("connections that stay within the handshake are cut, and idle ones later", "[server][tls]")
{
    test_server_options options;
    options.tls = identity();
    options.limits = impatient_limits();
    options.limits.idle = std::chrono::hours{1};
    const test_server server{options};
    tls_channel idle{server.address(), offer()};
    http_client silent = server.connect();
    http_client begun = server.connect();
    begun.send(std::string{"\x16\x03\x01\x02\x00\x01", 6}); // the head of a ClientHello

    CHECK(silent.is_closed());
    CHECK(begun.is_closed());
    CHECK_THAT(answer_to(idle, last), Catch::StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("a peer that speaks no TLS is turned away", "[server][tls]")
{
    test_server server{{.tls = identity()}};

    SECTION("HTTP is told where it is, in clear, and reaches no handler")
    {
        const http_answer answer = server.connect().request("GET", "/fast");
        CHECK(answer.status == 400);
        CHECK(answer.closes());
        CHECK(answer.body == "{\"message\":\"This port speaks HTTPS, not HTTP.\"}\n");
        CHECK(server.log().seen().empty());
    }
    SECTION("noise gets an alert at most")
    {
        http_client client = server.connect();
        client.send(std::string(64, '\xa5'));
        CHECK_FALSE(client.read().has_value());
    }
}

TEST_CASE("beyond the limit of connections there is no handshake", "[server][tls]")
{
    test_server_options options;
    options.tls = identity();
    options.limits.connections = 1;
    const test_server server{options};
    tls_channel first{server.address(), offer()};

    CHECK(server.connect().is_closed());
    CHECK_THAT(answer_to(first, last), Catch::StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("socket files and operators' listeners stay plain", "[server][tls]")
{
    const temporary_directory directory;
    test_server_options options;
    options.tls = identity();
    options.socket_path = directory.file("l.sock");
    options.has_admin_door = true;
    const test_server server{options};

    CHECK(http_client{server.address(1)}.request("GET", "/fast").status == 200);
    CHECK(http_client{server.admin_address()}.request("GET", "/fast").status == 200);
}

TEST_CASE("with a client CA only its clients are served", "[server][tls]")
{
    test_server server{{.tls = identity(certificates().ca())}};
    tls_offer known = offer();
    known.certificate_file = certificates().client_certificate();
    known.key_file = certificates().client_key();

    // Under TLS 1.3 a client has shaken hands before the server has seen that it shows nothing.
    const auto try_with = [&](const tls_offer& offered) {
        tls_channel channel{server.address(), offered};
        return answer_to(channel, last);
    };
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        known.lowest_version = known.highest_version = version;
        CHECK_THAT(try_with(known), Catch::StartsWith("HTTP/1.1 200 OK\r\n"));
        CHECK_THROWS(try_with(offer_of_version(version)));
        tls_offer stranger = offer_of_version(version);
        stranger.certificate_file = certificates().stranger_ca();
        stranger.key_file = certificates().stranger_key();
        CHECK_THROWS(try_with(stranger));
    }
    CHECK(server.log().seen().size() == 2);
}

TEST_CASE("a new certificate is shown to new connections, and open ones go on", "[server][tls]")
{
    test_server server{{.shards = 2, .tls = identity()}};
    tls_channel open{server.address(), offer_of_version(TLS1_2_VERSION)};
    CHECK(subject_of(open) == "/CN=server");
    tls_offer again = offer_of_version(TLS1_2_VERSION);
    again.resumed_from = open.native();
    CHECK(tls_channel{server.address(), again}.is_resumed());

    server.server().use_tls(other_identity());

    int in_a_row = 0; // posted to each shard
    REQUIRE(becomes_true([&] {
        in_a_row = subject_of(tls_channel{server.address(), offer()}) == "/CN=client" ? in_a_row + 1 : 0;
        return in_a_row == 16;
    }));
    tls_channel anew{server.address(), again};
    CHECK(subject_of(anew) == "/CN=client");
    CHECK_FALSE(anew.is_resumed()); // a ticket of before opens nothing
    CHECK_THAT(answer_to(open, last), Catch::StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("a graceful stop says goodbye in TLS to idle connections", "[server][tls][stop]")
{
    test_server server{{.tls = identity()}};
    tls_channel idle{server.address(), offer()};
    idle.send(fast);
    idle.receive(1);

    server.server().begin_stop(stop_mode::graceful);

    CHECK_NOTHROW(idle.receive_all());
    server.server().join();
}

} // namespace latchkey::test
