// An executable of its own, because it replaces operator new for everybody in it.
#include "server/http_server.hpp"
#include "tests/server/web_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/http_client.hpp"

#include <atomic>
#include <cstdlib>
#include <new>
#include <sys/socket.h>

namespace {

thread_local bool counted = false; // only what the shard's thread allocates
std::atomic<std::size_t> allocations{0};

void* allocate(std::size_t size, std::size_t alignment)
{
    if (counted) ++allocations;
    const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
    void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
    if (memory == nullptr) throw std::bad_alloc{};
    return memory;
}

} // namespace

void* operator new(std::size_t size)
{
    return allocate(size, alignof(std::max_align_t));
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
    try {
        return ::operator new(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* operator new(std::size_t size, std::align_val_t alignment)
{
    return allocate(size, static_cast<std::size_t>(alignment));
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::align_val_t) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t, std::align_val_t) noexcept
{
    std::free(memory);
}

namespace latchkey::test {
namespace {

class head_handler final : public request_handler {
public:
    head_handler()
    {
        counted = true; // made on the shard's thread
        fixed_.body = "{\"user\":\"somebody\"}\n";
    }

    head_verdict answer_from_head(const request& asked, output_buffer& out, bool keep_alive) override
    {
        if (asked.path == "/slow") return head_verdict::wants_body;
        append_response(out, asked, fixed_, keep_alive);
        return head_verdict::answered;
    }

    void expect(std::string_view, lookup_comes) noexcept override {}
    task<response> answer(const request&) override { co_return fixed_; }

private:
    response fixed_;
};

http_server_options options()
{
    http_server_options made;
    made.listen.emplace_back(asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), 0});
    made.make_handler = [](asio::io_context&, std::size_t) { return std::make_unique<head_handler>(); };
    return made;
}

// The handler of the real server, on a thread that counts.
http_server_options options_for(web_fixture& web)
{
    http_server_options made = options();
    made.make_handler = [&web](asio::io_context& context, std::size_t) {
        counted = true;
        return std::make_unique<shard_handler>(web.use, context.get_executor(), web.figures.of_shard(0));
    };
    return made;
}

std::size_t allocations_of(http_client& client, const std::string& bytes, std::size_t requests, int rounds)
{
    client.send(bytes);
    client.read_many(requests);
    const std::size_t before = allocations;
    for (int round = 0; round < rounds; ++round) {
        client.send(bytes);
        client.read_many(requests);
    }
    return allocations - before;
}

const std::string verify = "GET /verify HTTP/1.1\r\nHost: latchkey.test\r\nAuthorization: Bearer "
                           "abcdefghij-abcdefghijklmnopqrstuv\r\nUser-Agent: test\r\n\r\n";

} // namespace

TEST_CASE("requests answered from the head allocate nothing", "[server][allocation]")
{
    http_server server{options()};
    REQUIRE_FALSE(server.start());
    http_client client{server.addresses().front()};
    std::string sixteen;
    for (int count = 0; count < 16; ++count)
        sixteen += verify;

    CHECK(allocations_of(client, verify, 1, 2000) == 0);
    CHECK(allocations_of(client, sixteen, 16, 200) == 0);
}

TEST_CASE("requests of many connections, answered from the head, allocate nothing", "[server][allocation]")
{
    http_server server{options()};
    REQUIRE_FALSE(server.start());
    std::vector<http_client> clients;
    for (int count = 0; count < 16; ++count)
        clients.emplace_back(server.addresses().front());
    const auto ask_all = [&] {
        for (http_client& one : clients)
            one.send(verify);
        for (http_client& one : clients)
            one.read_many(1);
    };
    for (int round = 0; round < 20; ++round)
        ask_all();

    const std::size_t before = allocations;
    for (int round = 0; round < 200; ++round)
        ask_all();

    CHECK(allocations - before == 0);
}

TEST_CASE("a verification in memory allocates nothing, from the bytes of the request to those of the answer",
          "[server][allocation]")
{
    web_fixture web;
    const user alice = web.auth.add("alice");
    const std::string token = web.auth.token_of(alice, {{"workspace:read", "api_key:*"}, {"workspace:*"}});
    http_server server{options_for(web)};
    REQUIRE_FALSE(server.start());
    http_client client{server.addresses().front()};

    const std::string credentials[] = {"Authorization: Bearer " + token,
                                       "Coder-Session-Token: " + token,
                                       "Cookie: a=1; coder_session_token=" + token};
    for (const std::string& credential : credentials) {
        for (const char* target : {"/verify", "/verify/a/b?scope=workspace%3Aread&allow=workspace:*"}) {
            CAPTURE(credential.substr(0, 20), target);
            std::string bytes = "GET " + std::string{target} + " HTTP/1.1\r\nHost: latchkey.test\r\n";
            bytes += credential + "\r\n\r\n";
            client.send(bytes);
            REQUIRE(client.read_many(1).front().status == 200);

            CHECK(allocations_of(client, bytes, 1, 500) == 0);
        }
    }
}

TEST_CASE("the counter counts: a handler that copies its answer is seen", "[server][allocation]")
{
    http_server server{options()};
    REQUIRE_FALSE(server.start());
    http_client client{server.addresses().front()};

    CHECK(allocations_of(client, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n", 1, 10) >= 10);
}

} // namespace latchkey::test
