#include "server/request_parser.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

namespace latchkey::test {
namespace {

struct parsed {
    parse_progress progress = parse_progress::need_more;
    protocol_error why = protocol_error::none;
    std::size_t head_size = 0;
    bool chunked = false;
    std::uint64_t length = 0;
    request asked;
};

// The views in the outcome are into `bytes`.
parsed parse(std::string_view bytes, const http_limits& limits = {})
{
    parsed out;
    request_parser parser{out.asked, limits};
    out.progress = parser.read_head(bytes);
    out.why = parser.why();
    out.head_size = parser.head_size();
    out.chunked = out.progress == parse_progress::done && parser.is_chunked();
    out.length = out.progress == parse_progress::done ? parser.content_length() : 0;
    return out;
}

// The verdict on a head must not depend on how its bytes were cut: every prefix either asks for more or
// has the verdict of the whole.
parsed parse_at_every_cut(std::string_view bytes, const http_limits& limits = {})
{
    const parsed whole = parse(bytes, limits);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        const parsed part = parse(bytes.substr(0, cut), limits);
        CAPTURE(bytes, cut);
        if (part.progress == parse_progress::need_more) continue;
        REQUIRE(part.progress == whole.progress);
        REQUIRE(part.why == whole.why);
    }
    return whole;
}

const std::string top = "GET / HTTP/1.1\r\nHost: a\r\n";

// What is left of a request when its framing is one chunked body given in pieces.
struct chunks {
    parse_progress progress = parse_progress::need_more;
    protocol_error why = protocol_error::none;
    std::string body;
    std::string rest;
};

chunks read_in_pieces(const std::vector<std::string_view>& pieces, const http_limits& limits = {})
{
    static const std::string head = top + "Transfer-Encoding: chunked\r\n\r\n";
    request asked;
    request_parser parser{asked, limits};
    REQUIRE(parser.read_head(head) == parse_progress::done);
    chunks out;
    for (const std::string_view piece : pieces) {
        out.rest.append(piece);
        if (out.progress != parse_progress::need_more) continue;
        std::size_t taken = 0;
        out.progress = parser.read_chunks(out.rest, out.body, taken);
        out.rest.erase(0, taken);
    }
    out.why = parser.why();
    return out;
}

} // namespace

TEST_CASE("a head becomes views of the fields that are used", "[server][request_parser]")
{
    const std::string head = "POST /api/v2/users?q=a%20b HTTP/1.1\r\n"
                             "Host: latchkey.test:7080\r\n"
                             "Authorization: Bearer abc\r\n"
                             "coder-session-token:  tok \r\n"
                             "COOKIE: a=b; c=d\r\n"
                             "User-Agent: curl/8\r\n"
                             "X-Csrf-Token: csrf\r\n"
                             "X-Coder-Bypass-Ratelimit: true\r\n"
                             "X-Forwarded-For: 1.2.3.4, 5.6.7.8\r\n"
                             "X-Other: ignored\r\n"
                             "Content-Length: 12\r\n\r\n";

    const parsed out = parse_at_every_cut(head);

    REQUIRE(out.progress == parse_progress::done);
    CHECK(out.head_size == head.size());
    CHECK(out.asked.method == http::verb::post);
    CHECK(out.asked.method_text == "POST");
    CHECK(out.asked.target == "/api/v2/users?q=a%20b");
    CHECK(out.asked.path == "/api/v2/users");
    CHECK(out.asked.query == "q=a%20b");
    CHECK(out.asked.version == 11);
    CHECK(out.asked.keep_alive);
    CHECK(out.asked.host == "latchkey.test:7080");
    CHECK(out.asked.authorization == "Bearer abc");
    CHECK(out.asked.session_token == "tok");
    CHECK(out.asked.cookie == "a=b; c=d");
    CHECK(out.asked.user_agent == "curl/8");
    CHECK(out.asked.csrf_token == "csrf");
    CHECK(out.asked.bypass_limit == "true");
    CHECK(out.asked.forwarded_for == "1.2.3.4, 5.6.7.8");
    CHECK_FALSE(out.asked.authorization_repeated);
    CHECK(out.asked.has_body);
    CHECK(out.length == 12);
}

TEST_CASE("a repeated field keeps its first value, and repetition is told where it matters",
          "[server][request_parser]")
{
    const std::string head = top + "Authorization: Bearer one\r\nAuthorization: Bearer two\r\n"
                                   "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n"
                                   "Cookie: first=1\r\nCookie: second=2\r\n\r\n";

    const parsed out = parse_at_every_cut(head);

    REQUIRE(out.progress == parse_progress::done);
    CHECK(out.asked.authorization == "Bearer one");
    CHECK(out.asked.authorization_repeated);
    CHECK(out.asked.forwarded_for == "2.2.2.2"); // HAProxy adds a line of its own behind the client's
    CHECK(out.asked.cookie == "first=1");
}

TEST_CASE("the connection is kept as version and Connection say", "[server][request_parser]")
{
    struct row {
        std::string head;
        bool keep_alive;
    };
    const row rows[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
    };
    for (const row& one : rows) {
        CAPTURE(one.head);
        const parsed out = parse_at_every_cut(one.head);
        REQUIRE(out.progress == parse_progress::done);
        CHECK(out.asked.keep_alive == one.keep_alive);
    }
}

TEST_CASE("an absolute target gives path, query and host", "[server][request_parser]")
{
    struct row {
        std::string target, path, query, host;
    };
    const row rows[] = {
        {"http://h.test/a/b?c=d", "/a/b", "c=d", "h.test"},
        {"HTTPS://h.test:81/", "/", "", "h.test:81"},
        {"http://h.test", "/", "", "h.test"},
        {"http://h.test?x", "/", "x", "h.test"},
        {"/a?b?c", "/a", "b?c", "a"},
        {"//double", "//double", "", "a"},
    };
    for (const row& one : rows) {
        CAPTURE(one.target);
        const std::string head = "GET " + one.target + " HTTP/1.1\r\nHost: a\r\n\r\n";
        const parsed out = parse_at_every_cut(head); // views into head
        REQUIRE(out.progress == parse_progress::done);
        CHECK(out.asked.path == one.path);
        CHECK(out.asked.query == one.query);
        CHECK(out.asked.host == one.host);
    }
}

TEST_CASE("a head outside the grammar or its limits is refused, wherever it is cut",
          "[server][request_parser]")
{
    using enum protocol_error;
    struct row {
        std::string head;
        protocol_error why;
        const char* reason;
    };
    const row rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", bad_host, "Host is missing"},
        {top + "Host: b\r\n\r\n", bad_host, "two Hosts"},
        {top + "Host: a\r\n\r\n", bad_host, "two equal Hosts"},
        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", bad_host, "space in Host"},
        {"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", bad_host, "userinfo in Host"},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", bad_host, "path in Host"},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", unknown_version, "HTTP/2 on the HTTP/1 port"},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", unknown_version, "HTTP/2 preface"},
        {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", unknown_version, "a version nobody made"},
        {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", unknown_version, "a version without heads"},
        {"GET / HTTP/11\r\nHost: a\r\n\r\n", malformed, "no version at all"},
        {"GET / http/1.1\r\nHost: a\r\n\r\n", malformed, "the name is case-sensitive"},
        {"GET /\r\nHost: a\r\n\r\n", bad_target, "simple request"},
        {"GET / HTTP/1.1\nHost: a\n\n", malformed, "bare line feeds"},
        {"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", malformed, "a bare line feed between fields"},
        {"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", malformed, "a bare carriage return"},
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", bad_target, "two spaces"},
        {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", malformed, "tab for space"},
        {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", malformed, "method is no token"},
        {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", malformed, "space in target"},
        {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", bad_target, "asterisk form"},
        {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", bad_target, "authority form"},
        {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", bad_target, "relative target"},
        {"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", bad_target, "foreign scheme"},
        {"GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", bad_target, "no authority"},
        {"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", bad_target, "userinfo"},
        {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", bad_target, "fragment"},
        {"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", bad_target, "target is not UTF-8"},
        {"GET /\xc0\xaf HTTP/1.1\r\nHost: a\r\n\r\n", bad_target, "overlong slash"},
        {std::string{"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 28}, bad_target, "NUL in target"},
        {"GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", bad_target, "DEL in target"},
        {top + "Authorization: \xff\r\n\r\n", bad_value, "value is not UTF-8"},
        {top + "Cookie: \xed\xa0\x80\r\n\r\n", bad_value, "a surrogate"},
        {top + std::string{"Cookie: a\0b\r\n\r\n", 15}, malformed, "NUL in value"},
        {top + "Cookie: a\x01\r\n\r\n", malformed, "control character in value"},
        {top + "X: a\r\n b\r\n\r\n", folded_value, "folded value"},
        {top + "X:\r\n b\r\n\r\n", folded_value, "folded behind an empty line"},
        {top + "X: \r\n \r\n\r\n", folded_value, "folded and empty"},
        {top + "Authorization: Bearer\r\n\tabc\r\n\r\n", folded_value, "folded credential"},
        {top + " X: a\r\n\r\n", folded_value, "space before the second field folds the first"},
        {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", malformed, "space before the first field"},
        {top + "X : a\r\n\r\n", malformed, "space before the colon"},
        {top + ": a\r\n\r\n", malformed, "no name"},
        {top + "X\r\n\r\n", malformed, "no colon"},
        {top + "Content-Length: x\r\n\r\n", ambiguous_length, "not a number"},
        {top + "Content-Length: -1\r\n\r\n", ambiguous_length, "negative"},
        {top + "Content-Length: +1\r\n\r\n", ambiguous_length, "signed"},
        {top + "Content-Length: 0x1\r\n\r\n", ambiguous_length, "hexadecimal"},
        {top + "Content-Length:\r\n\r\n", ambiguous_length, "empty"},
        {top + "Content-Length: 1 2\r\n\r\n", ambiguous_length, "two numbers"},
        {top + "Content-Length: 18446744073709551616\r\n\r\n", ambiguous_length, "2^64"},
        {top + "Content-Length: 1, 1\r\n\r\n", ambiguous_length, "list of equals"},
        {top + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", ambiguous_length, "equal twice"},
        {top + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", ambiguous_length, "different twice"},
        {top + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", ambiguous_length, "CL.TE"},
        {top + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", ambiguous_length, "TE.CL"},
        {top + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", ambiguous_length, "TE.TE"},
        {top + "Transfer-Encoding: gzip\r\n\r\n", unknown_coding, "unknown coding"},
        {top + "Transfer-Encoding: identity\r\n\r\n", unknown_coding, "identity is gone since RFC 7230"},
        {top + "Transfer-Encoding: gzip, chunked\r\n\r\n", unknown_coding, "a coding before chunked"},
        {top + "Transfer-Encoding: chunked, gzip\r\n\r\n", unknown_coding, "a coding after chunked"},
        {top + "Transfer-Encoding: xchunked\r\n\r\n", unknown_coding, "almost chunked"},
        {top + "Transfer-Encoding: \x0b"
               "chunked\r\n\r\n",
         malformed,
         "vertical tab"},
        {top + "Transfer-Encoding: \"chunked\"\r\n\r\n", unknown_coding, "quoted"},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", ambiguous_length, "chunks in HTTP/1.0"},
        {top + "Expect: 200-ok\r\n\r\n", unknown_expectation, "an expectation we cannot meet"},
        {top + "Connection: ,;\r\n\r\n", malformed, "Connection is no list"},
    };
    for (const row& one : rows) {
        CAPTURE(one.reason, one.head);
        const parsed out = parse_at_every_cut(one.head);
        CHECK(out.progress == parse_progress::refused);
        CHECK(to_response(out.why).body == to_response(one.why).body);
    }
}

TEST_CASE("what HTTP allows is not refused", "[server][request_parser]")
{
    struct row {
        std::string head;
        const char* reason;
    };
    const row rows[] = {
        {"GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 needs no Host"},
        {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "an empty Host (RFC 9110 7.2)"},
        {"GET / HTTP/1.1\r\nhOST:a\r\n\r\n", "names without case, no space behind the colon"},
        {"FROB / HTTP/1.1\r\nHost: a\r\n\r\n", "an unknown method is for the routes to refuse"},
        {"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", "UTF-8 in the target"},
        {top + "X-Other: \xff\r\n\r\n", "a field nobody reads may be Latin-1"},
        {top + "User-Agent: a\tb\r\n\r\n", "tab inside a value"},
        {top + "X:   \r\n\r\n", "an empty value"},
        {top + "Transfer-Encoding: Chunked\r\n\r\n", "codings without case"},
        {"GET / HTTP/1.0\r\nExpect: anything\r\n\r\n", "HTTP/1.0 knows no Expect (RFC 9110 10.1.1)"},
    };
    for (const row& one : rows) {
        CAPTURE(one.reason, one.head);
        const parsed out = parse_at_every_cut(one.head);
        CHECK(out.progress == parse_progress::done);
        CHECK(out.head_size == one.head.size());
    }
}

TEST_CASE("a head may be as large as the limit and no larger", "[server][request_parser]")
{
    http_limits limits;
    limits.head_bytes = 200;
    const auto head_of = [&](std::size_t size) {
        const std::size_t rest = top.size() + std::string{"X: \r\n\r\n"}.size();
        return top + "X: " + std::string(size - rest, 'x') + "\r\n\r\n";
    };

    CHECK(parse_at_every_cut(head_of(200), limits).progress == parse_progress::done);
    CHECK(parse_at_every_cut(head_of(201), limits).why == protocol_error::head_too_large);
    CHECK(parse(std::string(200, 'G'), limits).why == protocol_error::head_too_large);
    CHECK(parse(std::string(199, 'G'), limits).progress == parse_progress::need_more);
    CHECK(parse(head_of(200) + std::string(500, 'x'), limits).progress == parse_progress::done);
    const std::string folded = top + "X: a\r\n " + std::string(200, 'y') + "\r\n\r\n"; // ends too late
    CHECK(parse_at_every_cut(folded, limits).why == protocol_error::head_too_large);
}

TEST_CASE("a head may have as many fields as the limit and no more", "[server][request_parser]")
{
    http_limits limits;
    limits.head_fields = 5;
    const std::string four = top + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n";

    CHECK(parse_at_every_cut(four + "\r\n", limits).progress == parse_progress::done);
    CHECK(parse_at_every_cut(four + "E: 5\r\n\r\n", limits).why == protocol_error::too_many_fields);
}

TEST_CASE("chunks are decoded wherever they are cut", "[server][request_parser]")
{
    const std::string bytes = "5\r\nhello\r\n1;name=value\r\n \r\nA ;x=\"y;z\"\r\n0123456789\r\n"
                              "0;last\r\nTrailer: ignored\r\nContent-Type: x\r\n\r\nGET /next";
    const std::string body = "hello 0123456789";
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        const std::string_view all = bytes;
        const chunks out = read_in_pieces({all.substr(0, cut), all.substr(cut)});
        CAPTURE(cut);
        REQUIRE(out.progress == parse_progress::done);
        REQUIRE(out.body == body);
        REQUIRE(out.rest == "GET /next");
    }

    std::vector<std::string_view> single;
    for (std::size_t at = 0; at < bytes.size(); ++at)
        single.push_back(std::string_view{bytes}.substr(at, 1));
    const chunks out = read_in_pieces(single);
    CHECK(out.progress == parse_progress::done);
    CHECK(out.body == body);
}

TEST_CASE("chunks outside the grammar are refused", "[server][request_parser]")
{
    struct row {
        std::string bytes;
        const char* reason;
    };
    const row rows[] = {
        {"x\r\n", "not a number"},
        {"-1\r\n", "negative"},
        {"0x5\r\nhello\r\n0\r\n\r\n", "with prefix"},
        {" 5\r\nhello\r\n0\r\n\r\n", "space before the size"},
        {"5\nhello\r\n0\r\n\r\n", "line feed alone behind the size"},
        {"5\r\nhelloX\r\n0\r\n\r\n", "more data than announced"},
        {"5\r\nhello0\r\n\r\n\r\n", "no line end behind the data"},
        {"10000000000000000\r\n", "2^64"},
        {"5;\r\nhello\r\n0\r\n\r\n", "extension without name"},
        {"5 5\r\nhello\r\n0\r\n\r\n", "two sizes"},
        {"0\r\nbad trailer\r\n\r\n", "trailer without colon"},
        {"0\r\nTransfer-Encoding: chunked\r\n\r\n", "framing in trailers"},
        {"0\r\nContent-Length: 5\r\n\r\n", "length in trailers"},
    };
    for (const row& one : rows) {
        CAPTURE(one.reason, one.bytes);
        const chunks out = read_in_pieces({one.bytes});
        CHECK(out.progress == parse_progress::refused);
        CHECK(out.why == protocol_error::bad_chunk);
    }
}

TEST_CASE("a chunked body may be as large as the limit and no larger", "[server][request_parser]")
{
    http_limits limits;
    limits.body_bytes = 10;

    CHECK(read_in_pieces({"a\r\n0123456789\r\n0\r\n\r\n"}, limits).progress == parse_progress::done);
    CHECK(read_in_pieces({"5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"}, limits).body == "0123456789");
    CHECK(read_in_pieces({"b\r\n"}, limits).why == protocol_error::body_too_large);
    CHECK(read_in_pieces({"5\r\n01234\r\n", "6\r\n"}, limits).why == protocol_error::body_too_large);
}

TEST_CASE("chunk extensions, trailers and crumbs are bounded", "[server][request_parser]")
{
    http_limits limits;
    limits.chunk_framing_bytes = 100;
    const auto line_of = [](std::size_t size) { return "1;" + std::string(size - 1, 'e'); };

    SECTION("a chunk line at the limit passes, and one byte more does not, ended or not")
    {
        const std::string rest = "\r\nx\r\n0\r\n\r\n";
        CHECK(read_in_pieces({line_of(97) + rest}, limits).progress == parse_progress::done);
        CHECK(read_in_pieces({line_of(98) + rest}, limits).why == protocol_error::excessive_chunking);
        CHECK(read_in_pieces({line_of(99)}, limits).progress == parse_progress::need_more);
        CHECK(read_in_pieces({line_of(100)}, limits).why == protocol_error::excessive_chunking);
    }
    SECTION("trailers at the limit pass, and one byte more does not, ended or not, at once or in pieces")
    {
        const std::string trailers = "0\r\nX: " + std::string(90, 'x');
        CHECK(read_in_pieces({trailers + "\r\n\r\n"}, limits).progress == parse_progress::done);
        CHECK(read_in_pieces({trailers, "\r\n\r\n"}, limits).progress == parse_progress::done);
        CHECK(read_in_pieces({trailers + "xxxx"}, limits).progress == parse_progress::need_more);
        for (const char* const end : {"x\r\n\r\n", "xxxxx"}) {
            CHECK(read_in_pieces({trailers + end}, limits).why == protocol_error::excessive_chunking);
            CHECK(read_in_pieces({trailers, end}, limits).why == protocol_error::excessive_chunking);
        }
    }
    SECTION("extensions that outweigh the data by far are refused")
    {
        const std::string chunk = line_of(90) + "\r\nx\r\n";
        std::vector<std::string_view> pieces(1000, chunk);
        CHECK(read_in_pieces(pieces, limits).why == protocol_error::excessive_chunking);
    }
    SECTION("one byte a chunk, without extensions, is wasteful but sound")
    {
        std::vector<std::string_view> pieces(1000, "1\r\nx\r\n");
        pieces.push_back("0\r\n\r\n");
        CHECK(read_in_pieces(pieces, limits).body == std::string(1000, 'x'));
    }
}

} // namespace latchkey::test
