#include "bench/answer_reader.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace latchkey::bench;

namespace {

std::string answer_of(unsigned status, const std::string& header, const std::string& body = {})
{
    return "HTTP/1.1 " + std::to_string(status) + " Reason\r\nX-One: " + header +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nX-Two: 2\r\n\r\n" + body;
}

std::vector<unsigned> statuses_of(answer_reader& reader, std::string_view bytes)
{
    std::vector<unsigned> all;
    for (answer found = reader.next(bytes); found.size != 0; found = reader.next(bytes)) {
        all.push_back(found.status);
        bytes.remove_prefix(found.size);
    }
    CHECK(bytes.empty());
    return all;
}

} // namespace

TEST_CASE("answers are told apart, alike or not", "[bench]")
{
    answer_reader reader;
    const std::string bytes = answer_of(200, "abc") + answer_of(200, "def") + answer_of(401, "ghi", "no") +
                              answer_of(200, "jkl") + answer_of(200, "longer") + answer_of(200, "s") +
                              answer_of(200, "s", "\r\n\r\n") + answer_of(503, "abc");
    CHECK(statuses_of(reader, bytes) == std::vector<unsigned>{200, 200, 401, 200, 200, 200, 200, 503});
}

TEST_CASE("an answer of another status is seen, though it is as long as those before", "[bench]")
{
    answer_reader reader;
    std::string bytes;
    for (int count = 0; count < 5; ++count)
        bytes += answer_of(200, "abc");
    bytes += answer_of(401, "abc") + answer_of(200, "abc");
    CHECK(statuses_of(reader, bytes) == std::vector<unsigned>{200, 200, 200, 200, 200, 401, 200});
}

TEST_CASE("the length is found however its name is spelt, also where that changes", "[bench]")
{
    answer_reader reader;
    const std::string small = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    const std::string large = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    const std::string bytes = small + small + large + large + small + answer_of(401, "abc", "body") + small;
    CHECK(statuses_of(reader, bytes) == std::vector<unsigned>{200, 200, 200, 200, 200, 401, 200});
}

TEST_CASE("an answer that is not whole is waited for, wherever it is cut", "[bench]")
{
    const std::string whole = answer_of(200, "abc", "body");
    const std::string plain = answer_of(200, "abc");
    for (const std::string& bytes : {whole, plain}) {
        answer_reader reader;
        CHECK(reader.next(plain).size == plain.size()); // it knows the shape now
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            CAPTURE(size);
            CHECK(reader.next(std::string_view{bytes}.substr(0, size)).size == 0);
        }
        CHECK(reader.next(bytes).size == bytes.size());
    }
}

TEST_CASE("what is no answer with a length is refused", "[bench]")
{
    answer_reader reader;
    CHECK_THROWS(reader.next("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    CHECK_THROWS(reader.next("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
    CHECK_THROWS(reader.next("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"));
    CHECK_THROWS(reader.next("-ERR unknown command"));
    CHECK_THROWS(reader.next("HTTP/1.1 200 OK\r\n" + std::string(100'000, 'x')));
}
