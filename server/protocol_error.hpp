// Why no route answers a request, and the answer each gets. All of them end the connection: after broken
// framing nobody knows where the next request starts.
#pragma once

#include "server/response.hpp"

#include <cstdint>

namespace latchkey {

enum class protocol_error : std::uint8_t {
    none,
    malformed,          // request line, field or line end outside the grammar of RFC 9112
    bad_target,         // asterisk or authority form, fragment, userinfo, or not UTF-8
    bad_value,          // a field that is kept is not UTF-8
    folded_value,       // obsolete line folding (RFC 9112 5.2)
    bad_host,           // missing on HTTP/1.1, repeated, or not a host
    ambiguous_length,   // Content-Length repeated, a list, not a number, or beside Transfer-Encoding
    bad_chunk,          // chunked framing outside the grammar
    excessive_chunking, // extensions, trailers or crumbs out of proportion to the body
    timed_out,
    body_too_large,
    unknown_expectation,
    head_too_large,
    too_many_fields,
    internal, // a route that should have answered threw
    unknown_coding,
    no_memory, // for the body (see buffer_budget), or for what it asks
    too_many_connections,
    unknown_version,
};

// The answer, in the shape of contract 4.1; `close` is set.
response to_response(protocol_error why);

} // namespace latchkey
