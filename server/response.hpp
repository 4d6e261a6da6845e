// Answers. A handler that may take its time returns a `response`; the hot path appends finished bytes to
// the session's `output_buffer`. Both leave in one write per batch of pipelined requests.
#pragma once

#include "server/request.hpp"

#include <boost/beast/http/status.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace latchkey {

class body_rest;
class head_writer;

struct response {
    unsigned status = 200;
    std::string_view content_type =
        "application/json; charset=utf-8"; // static text; unused when body is empty
    std::string headers; // further whole lines, each ending in CRLF; values are checked by add_header
    std::string body;
    std::shared_ptr<body_rest> rest{}; // behind `body`; null: that is all
    bool close = false;                // close the connection after this answer

    // Adds a line. Control characters in the value (security.md 35) are replaced by '?'.
    void add_header(std::string_view name, std::string_view value);
};

// Bytes on their way out. Grows to the largest batch of the connection and keeps that capacity.
using output_buffer = std::string;

// RFC 9112 6.1: HTTP/1.0 knows no chunks.
inline bool can_be_chunked(const request& asked) noexcept
{
    return asked.version >= 11;
}

// Appends status line, the lines every answer has (Date, Server, X-Content-Type-Options,
// X-Coder-Request-Id, Content-Length, Connection where needed), then headers and body. The body is left
// out for HEAD, and for statuses that have none. Where more follows, the body is the first chunk of it, for
// HTTP/1.0 its beginning without a length: then keep_alive must not be set.
void append_response(output_buffer& out, const request& asked, const response& answer, bool keep_alive);

// A further piece of a body whose answer had a `rest`; empty: the end of it (RFC 9112 7.1).
void append_piece(output_buffer& out, const request& asked, std::string_view piece);

// "Date: ...\r\nServer: ...\r\nX-Content-Type-Options: nosniff\r\n", made anew once a second per thread.
std::string_view common_header_lines() noexcept;

// "Connection: ...", where the version's default is not what happens (RFC 9112 9.3).
void write_connection_line(head_writer& head, const request& asked, bool keep_alive) noexcept;

} // namespace latchkey
