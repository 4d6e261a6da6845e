// The limit: a verification server written by hand around one epoll set, one thread, nothing configurable. It
// does for each request what Latchkey's /verify must do (read the head, hash the secret, find the key,
// compare in constant time, look at the expiry) and answers with the same lines; what it leaves out is the
// rest of a server. So no server that keeps hashes can be much faster, and ./dev bench verify says how near
// Latchkey is.
//
//   epoll_limit PORT TOKEN_FILE      all tokens of the file belong to one user and are good for a week
#include "auth/crypto.hpp"
#include "auth/time_text.hpp"
#include "auth/token.hpp"
#include "bench/limit_head.hpp"
#include "storage/file_descriptor.hpp"
#include "storage/text_hash.hpp"

#include <arpa/inet.h>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <fstream>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unordered_map>
#include <vector>

namespace {

using namespace latchkey;
using namespace latchkey::bench;

[[noreturn]] void fail(const char* what)
{
    throw std::system_error{errno, std::generic_category(), what};
}

// A cache line each.
struct alignas(64) key {
    key_id id; // all zeros: free
    digest secret;
    time_point expires_at;
};

// Open addressing.
class key_table {
public:
    explicit key_table(const char* token_file)
    {
        std::ifstream file{token_file};
        std::vector<std::string> tokens;
        for (std::string line; std::getline(file, line);)
            tokens.push_back(std::move(line));
        keys_.resize(std::bit_ceil(2 * tokens.size() + 1));
        const auto until = std::chrono::floor<microseconds>(std::chrono::system_clock::now()) +
                           std::chrono::hours{7 * 24} + microseconds{123'457}; // six digits, as most have
        for (const std::string& token : tokens) {
            const parsed_token parts = parse_token(token);
            const auto id = key_id::parse(parts.id);
            if (!id) throw std::runtime_error{"the token file holds what is no token"};
            place_of(*id) = {*id, sha256(parts.secret), until};
        }
    }

    const key* find(const hashed_id& id)
    {
        const key& found = place_of(id);
        return id.is(found.id) ? &found : nullptr;
    }

    void expect(const hashed_id& id) const noexcept
    {
        __builtin_prefetch(&keys_[id.hash() & (keys_.size() - 1)]);
    }

private:
    key& place_of(const hashed_id& id) noexcept
    {
        std::size_t at = id.hash();
        for (;; ++at) {
            key& here = keys_[at & (keys_.size() - 1)];
            if (id.is(here.id) || here.id == key_id{}) return here;
        }
    }

    std::vector<key> keys_;
};

class limit_server {
public:
    limit_server(std::uint16_t port, const char* token_file)
        : keys_{token_file},
          listener_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)},
          epoll_{epoll_create1(EPOLL_CLOEXEC)},
          input_(256 * 1024)
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        setsockopt(listener_.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        const auto* const where = reinterpret_cast<const sockaddr*>(&address);
        if (bind(listener_.number(), where, sizeof address) != 0 || listen(listener_.number(), 1024) != 0)
            fail("listen");
        watch(listener_.number(), EPOLL_CTL_ADD, EPOLLIN);
        identity_ = "\r\nContent-Length: 0\r\nX-Latchkey-User-Id: " + to_string(random_uuid()) +
                    "\r\nX-Latchkey-Username: bench\r\nX-Latchkey-Key-Id: ";
    }

    [[noreturn]] void run()
    {
        std::array<epoll_event, 128> events{};
        for (;;) {
            const int count = epoll_wait(epoll_.number(), events.data(), static_cast<int>(events.size()), -1);
            if (count < 0 && errno != EINTR) fail("epoll_wait");
            now_ = std::chrono::floor<microseconds>(std::chrono::system_clock::now());
            write_dated_lines(std::chrono::system_clock::to_time_t(now_));
            for (int index = 0; index < count; ++index) {
                const int which = events[static_cast<std::size_t>(index)].data.fd;
                if (which == listener_.number()) {
                    accept_one();
                } else if (!serve(which, connections_.at(which))) {
                    connections_.erase(which);
                }
            }
        }
    }

private:
    struct connection {
        file_descriptor socket;
        std::string unread;   // part of a head
        std::string unsent{}; // while there is some, nothing is read
    };

    void watch(int which, int operation, std::uint32_t events) const
    {
        epoll_event wanted{};
        wanted.events = events;
        wanted.data.fd = which;
        if (epoll_ctl(epoll_.number(), operation, which, &wanted) != 0) fail("epoll_ctl");
    }

    void accept_one()
    {
        file_descriptor peer{accept4(listener_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        const int number = peer.number();
        if (number < 0) return;
        const int on = 1;
        setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(number, EPOLL_CTL_ADD, EPOLLIN);
        connections_.emplace(number, connection{std::move(peer), {}});
    }

    // One read, everything that it holds answered, one write. False: the connection has come to its end.
    bool serve(int number, connection& peer)
    {
        if (!peer.unsent.empty()) return send_rest(number, peer);
        const std::size_t kept = peer.unread.copy(input_.data(), input_.size());
        const ssize_t count = recv(number, input_.data() + kept, input_.size() - kept, 0);
        if (count <= 0) return count < 0 && errno == EAGAIN;
        std::string_view bytes{input_.data(), kept + static_cast<std::size_t>(count)};
        output_.clear();
        const bool goes_on = read_heads(bytes);
        for (const head& asked : heads_)
            answer(asked);
        peer.unread = bytes;
        const ssize_t sent = send(number, output_.data(), output_.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return false;
        if (sent == static_cast<ssize_t>(output_.size()))
            return goes_on && peer.unread.size() < input_.size() / 2;
        peer.unsent = output_.substr(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
        watch(number, EPOLL_CTL_MOD, EPOLLOUT);
        return goes_on;
    }

    // Takes the heads that have arrived from the front of `bytes`. The memory that their keys lie in is asked
    // for at once, so that one wait is for all. False: nothing is to be read after them.
    bool read_heads(std::string_view& bytes)
    {
        heads_.clear();
        while (!bytes.empty()) {
            const head asked = read_head(bytes);
            if (asked.what == head::kind::partial) return true;
            heads_.push_back(asked);
            const bool is_last = asked.what == head::kind::malformed || asked.is_last;
            bytes.remove_prefix(is_last ? bytes.size() : asked.size);
            if (is_last) return false;
            if (const auto id = hashed_id::parse(parse_token(asked.token).id)) keys_.expect(*id);
        }
        return true;
    }

    bool send_rest(int number, connection& peer) const
    {
        const ssize_t sent = send(number, peer.unsent.data(), peer.unsent.size(), MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN;
        peer.unsent.erase(0, static_cast<std::size_t>(sent));
        if (peer.unsent.empty()) watch(number, EPOLL_CTL_MOD, EPOLLIN);
        return true;
    }

    const key* accepted(std::string_view token)
    {
        const parsed_token parts = parse_token(token);
        const auto id = hashed_id::parse(parts.id);
        const digest hash = sha256(parts.secret);
        const key* const found = id ? keys_.find(*id) : nullptr;
        if (found == nullptr || !equal_in_constant_time(hash, found->secret)) return nullptr;
        return found->expires_at > now_ ? found : nullptr;
    }

    void answer(const head& asked)
    {
        const key* const found = asked.what == head::kind::whole ? accepted(asked.token) : nullptr;
        std::array<char, uuid_length> id{};
        write_uuid(id.data(), random_uuid());
        output_.append(found != nullptr ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 401 Unauthorized\r\n");
        output_.append(dated_).append("X-Coder-Request-Id: ").append(id.data(), id.size());
        if (found == nullptr) {
            output_.append(
                "\r\nContent-Length: 0\r\nCache-Control: no-store\r\nWWW-Authenticate: Bearer\r\n\r\n");
            return;
        }
        output_.append(identity_).append(found->id.view());
        output_.append("\r\nX-Latchkey-Scopes: coder:all\r\nX-Latchkey-Expires-At: ");
        output_.append(to_rfc3339(found->expires_at).view());
        output_.append("\r\nCache-Control: no-store\r\n"
                       "x-envoy-auth-headers-to-remove: authorization,coder-session-token\r\n\r\n");
    }

    // In the C locale, which this program does not leave.
    void write_dated_lines(std::time_t now)
    {
        if (now == dated_at_) return;
        dated_at_ = now;
        std::array<char, 64> date{};
        std::tm utc{};
        std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &utc));
        dated_ = std::string{"Date: "} + date.data() +
                 "\r\nServer: Latchkey/" LATCHKEY_VERSION "\r\nX-Content-Type-Options: nosniff\r\n";
    }

    key_table keys_;
    file_descriptor listener_;
    file_descriptor epoll_;
    std::unordered_map<int, connection> connections_;
    std::vector<char> input_;
    std::vector<head> heads_;
    std::string output_;
    std::string identity_;
    std::string dated_;
    std::time_t dated_at_ = -1;
    time_point now_{};
};

} // namespace

int main(int argc, char** argv)
{
    try {
        std::uint16_t port = 0;
        const std::string_view text = argc == 3 ? argv[1] : "";
        std::from_chars(text.data(), text.data() + text.size(), port);
        if (port == 0) throw std::runtime_error{"usage: epoll_limit PORT TOKEN_FILE"};
        limit_server server{port, argv[2]};
        server.run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "epoll_limit: %s\n", error.what());
        return 1;
    }
}
