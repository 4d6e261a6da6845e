// A real session over a socket pair, fed in pieces that the input chooses. It must hand exactly those
// requests to its handler that a plain reading of the same bytes finds, one after the other, whatever was
// pipelined, remembered of the head before, moved in the buffer or cut; answer each once; and come to its
// end.
#include "server/session.hpp"
#include "tests/fuzz/plain_reading.hpp"
#include "tests/fuzz/target.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace latchkey::fuzz {
namespace {

http_limits small_limits()
{
    http_limits limits;
    limits.head_bytes = 1024;
    limits.head_fields = 16;
    limits.body_bytes = 8192;
    limits.chunk_framing_bytes = 64;
    limits.input_bytes = 2048; // so that bodies do not fit, and requests have to move
    limits.flush_bytes = 4096;
    limits.kept_bytes = 1024;
    return limits;
}

class recording_handler final : public request_handler {
public:
    explicit recording_handler(executor where) : where_{std::move(where)} {}

    std::vector<std::string> heard;

    head_verdict answer_from_head(const request& asked, output_buffer& out, bool keep_alive) override
    {
        const head_verdict verdict = verdict_for(asked);
        // Asked together, and heard even if the first of them ends the connection: so these do not.
        if (verdict == head_verdict::ignores_body && !asked.path.ends_with('c'))
            asked.found = {credential_source::session_header, asked.session_token};
        if (verdict != head_verdict::answered) return verdict;
        heard.push_back(text_of(asked, {}));
        append_response(out, asked, answer_to(asked), keep_alive);
        return verdict;
    }

    void expect(std::string_view token, lookup_comes) noexcept override { MUST(token.size() < 2048); }

    task<response> answer(const request& asked) override
    {
        heard.push_back(text_of(asked, asked.body));
        response made = answer_to(asked);
        if (asked.path.ends_with('y')) co_await asio::post(where_, use_task);
        made.close = asked.path.ends_with('c');
        co_return made;
    }

private:
    static response answer_to(const request& asked)
    {
        response made;
        made.body = "answered";
        made.add_header("X-Target", asked.target);
        return made;
    }

    executor where_;
};

// The statuses of the answers, which must follow each other without a gap; `heads` says which were to HEAD.
std::vector<unsigned> statuses_in(std::string_view bytes, const std::vector<std::string>& heard)
{
    std::vector<unsigned> statuses;
    while (!bytes.empty()) {
        MUST(bytes.starts_with("HTTP/1.1 "));
        unsigned status = 0;
        std::from_chars(bytes.data() + 9, bytes.data() + 12, status);
        const std::size_t end = bytes.find("\r\n\r\n");
        MUST(status >= 100 && end != std::string_view::npos);
        const std::string_view head = bytes.substr(0, end + 2);
        bytes.remove_prefix(end + 4);
        if (status == 100) continue;
        std::size_t length = 0;
        const std::size_t field = head.find("\r\nContent-Length: ");
        MUST(field != std::string_view::npos);
        std::from_chars(head.data() + field + 18, head.data() + head.size(), length);
        // The last one may refuse a head that could not be read in full, and so have no body or all of it.
        const bool is_of_request = statuses.size() < heard.size();
        const bool is_to_head = is_of_request ? heard[statuses.size()].starts_with("HEAD ") : bytes.empty();
        MUST(is_to_head || bytes.size() >= length);
        if (!is_to_head) bytes.remove_prefix(length);
        statuses.push_back(status);
    }
    return statuses;
}

// The other end of the session's socket.
class client {
public:
    explicit client(int number) : socket_{number} {}

    std::string received;

    void send(std::string_view bytes)
    {
        (void)!::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }

    void receive()
    {
        std::array<char, 16 * 1024> buffer;
        for (;;) {
            const ssize_t count = ::recv(socket_.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (count <= 0) return;
            received.append(buffer.data(), static_cast<std::size_t>(count));
        }
    }

    void finish_sending() { ::shutdown(socket_.number(), SHUT_WR); }

private:
    unique_descriptor socket_;
};

void play_cut(choices cuts, std::string_view bytes, const http_limits& limits)
{
    asio::io_context context{1};
    static socket_ring ring; // for all inputs
    static_cast<void>(ring.is_open() || ring.open());
    readiness sockets{context.get_executor(), ring};
    recording_handler handler{context.get_executor()};
    const exception_observer on_exception = [](const request&, std::exception_ptr) {
        fail("no exception leaves a handler", __FILE__, __LINE__);
    };
    buffer_budget buffers{limits.buffer_bytes};
    session_host host{.where = context.get_executor(),
                      .sockets = sockets,
                      .ring = ring,
                      .limits = limits,
                      .buffers = buffers,
                      .handler = handler,
                      .on_exception = on_exception,
                      .now = std::chrono::steady_clock::now()};
    std::array<int, 2> pair{};
    MUST(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) == 0);
    client peer{pair[1]};
    auto served = std::make_shared<session>(unique_descriptor{pair[0]}, host, peer_address{{}, true});
    MUST(served->begin());
    bool has_ended = false;
    auto ended = [&has_ended](std::exception_ptr thrown) {
        MUST(!thrown);
        has_ended = true;
    };
    asio::co_spawn(context, session::run(std::move(served)), std::move(ended));
    asio::co_spawn(context, readiness::run(sockets), [](std::exception_ptr) {});

    const auto turn = [&] {
        context.poll();
        peer.receive();
    };
    turn();
    for (choices rest{bytes}; !rest.empty() && !has_ended; turn()) {
        const std::size_t length = cuts.empty() ? rest.rest().size() : 1 + cuts.byte() * 4u;
        peer.send(rest.text(length));
    }
    peer.finish_sending();
    for (int turns = 0; !has_ended && turns < 1000; ++turns)
        turn();
    peer.receive();
    MUST(has_ended);

    const plain_reading plain = read_plainly(bytes, limits);
    MUST(handler.heard.size() >= plain.requests.size());
    MUST(std::equal(plain.requests.begin(), plain.requests.end(), handler.heard.begin()));
    if (plain.is_certain) MUST(handler.heard.size() == plain.requests.size());
    const std::size_t answers = statuses_in(peer.received, handler.heard).size();
    MUST(answers == handler.heard.size() || answers == handler.heard.size() + 1);
    if (plain.is_certain) MUST(answers == handler.heard.size() + (plain.is_refused ? 1 : 0));
}

} // namespace

void play_http_session(std::string_view input)
{
    static const http_limits limits = small_limits();
    choices from{input};
    const choices cuts{from.text(from.below(17))};
    play_cut(cuts, from.rest(), limits);
}

} // namespace latchkey::fuzz
