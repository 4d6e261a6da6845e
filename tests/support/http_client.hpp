// A blocking HTTP client on a raw socket: sends exactly the bytes it is given, reads answers one by one.
// Every wait is bounded; a wait that runs out, or an answer that makes no sense, throws.
#pragma once

#include "server/listening_socket.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::test {

using header_list = std::vector<std::pair<std::string, std::string>>;

struct http_answer {
    unsigned status = 0;
    header_list headers; // names in lower case, in order
    std::string body;

    // The first value, or empty. `name` in lower case.
    std::string header(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    bool closes() const { return header("connection") == "close"; }
};

class http_client {
public:
    explicit http_client(const listen_address& server);

    void send(std::string_view bytes);

    // Says that nothing more will be sent.
    void finish_sending();

    // One answer; nothing if the server closed instead. An answer to HEAD has no body.
    std::optional<http_answer> read(bool to_head = false);

    // `count` answers, all of which must come.
    std::vector<http_answer> read_many(std::size_t count);

    // Receives until `count` more bytes are here, for read() to start with.
    void receive_at_least(std::size_t count);

    // True once the server has closed; throws if it sends something more instead.
    bool is_closed();

    // One request, with Host and Content-Length filled in, and its answer. The connection is kept, and
    // opened anew if the server closed it after the answer before.
    http_answer request(std::string_view method,
                        std::string_view path,
                        const header_list& headers = {},
                        std::string_view body = {});

    int descriptor() const noexcept { return socket_.number(); }

private:
    void connect();
    bool receive(); // false at the end of the stream
    std::string take(std::size_t count);
    std::string take_line();
    std::string take_body(const http_answer& answer);

    listen_address server_;
    unique_descriptor socket_;
    std::string received_;
    bool reopen_ = false;
};

} // namespace latchkey::test
