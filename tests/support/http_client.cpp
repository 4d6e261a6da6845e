#include "tests/support/http_client.hpp"

#include "tests/support/patience.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <system_error>

namespace latchkey::test {
namespace {

constexpr timeval socket_timeout{.tv_sec = patience.count(), .tv_usec = 0};

[[noreturn]] void fail(const char* what)
{
    throw std::system_error{errno, std::generic_category(), what};
}

std::string to_lower(std::string_view text)
{
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char character) {
        return static_cast<char>(std::tolower(character));
    });
    return lower;
}

http_answer parse_head(std::string_view head)
{
    http_answer answer;
    if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) throw std::runtime_error{"no status line"};
    answer.status = static_cast<unsigned>(std::stoul(std::string{head.substr(9, 3)}));
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.starts_with("\r\n")) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos) throw std::runtime_error{"no header line: " + std::string{line}};
        answer.headers.emplace_back(to_lower(line.substr(0, colon)), line.substr(colon + 2));
        head.remove_prefix(line.size() + 2);
    }
    return answer;
}

} // namespace

std::string http_answer::header(std::string_view name) const
{
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

std::size_t http_answer::count(std::string_view name) const
{
    return static_cast<std::size_t>(
        std::count_if(headers.begin(), headers.end(), [&](const auto& one) { return one.first == name; }));
}

http_client::http_client(const listen_address& server) : server_(server)
{
    connect();
}

void http_client::connect()
{
    received_.clear();
    int connected = -1;
    if (const auto* local = std::get_if<unix_path>(&server_)) {
        socket_ = unique_descriptor{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        local->path.copy(address.sun_path, sizeof address.sun_path - 1);
        connected = ::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    } else {
        const auto& at = std::get<boost::asio::ip::tcp::endpoint>(server_);
        socket_ = unique_descriptor{::socket(at.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0)};
        const int on = 1;
        setsockopt(socket_.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connected = ::connect(socket_.number(), at.data(), static_cast<socklen_t>(at.size()));
    }
    if (connected != 0) fail("connect");
    setsockopt(socket_.number(), SOL_SOCKET, SO_RCVTIMEO, &socket_timeout, sizeof socket_timeout);
    setsockopt(socket_.number(), SOL_SOCKET, SO_SNDTIMEO, &socket_timeout, sizeof socket_timeout);
}

void http_client::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) fail("send");
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void http_client::finish_sending()
{
    shutdown(socket_.number(), SHUT_WR);
}

bool http_client::receive()
{
    char block[16 * 1024];
    const ssize_t count = recv(socket_.number(), block, sizeof block, 0);
    if (count < 0) fail("recv");
    received_.append(block, static_cast<std::size_t>(count));
    return count > 0;
}

void http_client::receive_at_least(std::size_t count)
{
    const std::size_t wanted = received_.size() + count;
    while (received_.size() < wanted) {
        if (!receive()) throw std::runtime_error{"the answer was cut off"};
    }
}

std::string http_client::take(std::size_t count)
{
    while (received_.size() < count) {
        if (!receive()) throw std::runtime_error{"the answer was cut off"};
    }
    std::string taken = received_.substr(0, count);
    received_.erase(0, count);
    return taken;
}

std::string http_client::take_line()
{
    std::size_t end = std::string::npos;
    while ((end = received_.find("\r\n")) == std::string::npos) {
        if (!receive()) throw std::runtime_error{"the answer was cut off"};
    }
    std::string line = take(end + 2);
    line.resize(end);
    return line;
}

std::string http_client::take_body(const http_answer& answer)
{
    const std::string length = answer.header("content-length");
    if (!length.empty()) return take(std::stoul(length));
    if (answer.header("transfer-encoding") != "chunked") {
        while (receive()) { // HTTP/1.0
        }
        return std::exchange(received_, {});
    }
    std::string body;
    while (const std::size_t size = std::stoul(take_line(), nullptr, 16)) {
        body += take(size);
        if (!take_line().empty()) throw std::runtime_error{"a chunk is longer than it says"};
    }
    if (!take_line().empty()) throw std::runtime_error{"there are trailers"};
    return body;
}

std::optional<http_answer> http_client::read(bool to_head)
{
    std::size_t end = std::string::npos;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
        if (receive()) continue;
        if (!received_.empty()) throw std::runtime_error{"the head was cut off: " + received_};
        return std::nullopt;
    }
    http_answer answer = parse_head(take(end + 4));
    const bool bodiless = to_head || answer.status < 200 || answer.status == 204 || answer.status == 304;
    if (!bodiless) answer.body = take_body(answer);
    reopen_ = answer.closes();
    return answer;
}

std::vector<http_answer> http_client::read_many(std::size_t count)
{
    std::vector<http_answer> answers;
    while (answers.size() < count) {
        auto answer = read();
        if (!answer) throw std::runtime_error{"closed after " + std::to_string(answers.size()) + " answers"};
        answers.push_back(std::move(*answer));
    }
    return answers;
}

bool http_client::is_closed()
{
    if (!received_.empty() || receive()) throw std::runtime_error{"more came: " + received_};
    return true;
}

http_answer http_client::request(std::string_view method,
                                 std::string_view path,
                                 const header_list& headers,
                                 std::string_view body)
{
    if (std::exchange(reopen_, false)) connect();
    std::string bytes;
    bytes.append(method).append(" ").append(path).append(" HTTP/1.1\r\nHost: latchkey.test\r\n");
    for (const auto& [name, value] : headers)
        bytes.append(name).append(": ").append(value).append("\r\n");
    const bool has_length = !body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
    if (has_length) bytes.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    bytes.append("\r\n").append(body);
    send(bytes);
    auto answer = read(method == "HEAD");
    if (!answer) throw std::runtime_error{"closed without an answer"};
    return std::move(*answer);
}

} // namespace latchkey::test
