// A server on a free port, with a handler whose paths say what to do. For the tests of the HTTP core.
#pragma once

#include "server/http_server.hpp"
#include "tests/support/http_client.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey::test {

// What the handlers of all shards share with the test.
struct test_log {
    std::mutex mutex;
    std::vector<std::string> targets;    // of every request that reached a handler, in order
    std::vector<std::string> exceptions; // what() of those that left a handler
    std::atomic<int> waiting{0};         // handlers at the gate
    std::atomic<bool> gate_open{false};

    std::vector<std::string> seen();
    std::vector<std::string> thrown();
};

// /fast            answered from the head alone
// /ignore          ignores the body, answers in a coroutine that does not wait
// /early           the same if the body has not arrived, else echoes it
// /echo            the body, from a coroutine that does not wait
// /yield           likewise, but lets the thread go once
// /gate            waits until test_log::gate_open
// /large           as many bytes as the query says
// /pieces          a first part, and as many further ones as the query says
// /torn            likewise, and then it cannot go on
// /empty           204
// /close           closes afterwards
// /throw-early, /throw, /starve
class test_handler final : public request_handler {
public:
    test_handler(asio::io_context& context, test_log& log) : context_(context), log_(log) {}

    head_verdict answer_from_head(const request& asked, output_buffer& out, bool keep_alive) override;
    void expect(std::string_view, lookup_comes) noexcept override {}
    task<response> answer(const request& asked) override;

private:
    asio::io_context& context_;
    test_log& log_;
};

struct test_server_options {
    http_limits limits{};
    std::size_t shards = 1;
    std::string socket_path{}; // also listens there, if set
    std::shared_ptr<const tls_identity> tls{};
    bool has_admin_door = false; // see test_server::admin_address()
    metrics* figures = nullptr;
    bool may_use_io_uring = true;
};

class test_server {
public:
    explicit test_server(const test_server_options& options = {});

    listen_address address(std::size_t index = 0) const { return server_.addresses().at(index); }
    listen_address admin_address() const { return server_.admin_addresses().at(0); }
    http_client connect() const { return http_client{address()}; }
    test_log& log() { return log_; }
    http_server& server() { return server_; }

    // Returns when `count` handlers wait at the gate.
    void wait_for_handlers(int count);
    void open_gate() { log_.gate_open = true; }

private:
    static http_server_options make_options(const test_server_options& options, test_log& log);

    test_log log_;
    http_server server_;
};

// Limits with times short enough to run into, and long enough that a client on a busy machine does not run
// into those that its test is not about.
http_limits impatient_limits();

} // namespace latchkey::test
