#include "server/protocol_error.hpp"

#include <cassert>

namespace latchkey {
namespace {

struct row {
    protocol_error why;
    unsigned status;
    std::string_view message;
    std::string_view detail = {};
};

constexpr row rows[] = {
    {protocol_error::malformed, 400, "The request is not valid HTTP."},
    {protocol_error::bad_target, 400, "The request target is not valid."},
    {protocol_error::bad_value, 400, "A header field has an invalid value."},
    {protocol_error::folded_value, 400, "Folded header fields are not accepted."},
    {protocol_error::bad_host, 400, "Exactly one valid Host header field is required."},
    {protocol_error::ambiguous_length, 400, "The length of the request body is ambiguous."},
    {protocol_error::bad_chunk, 400, "The chunked request body is malformed."},
    {protocol_error::excessive_chunking, 400, "The chunked request body has excessive framing."},
    {protocol_error::timed_out, 408, "The request took too long to arrive."},
    {protocol_error::body_too_large, 413, "Request body too large.", "http: request body too large"},
    {protocol_error::unknown_expectation, 417, "The expectation is not supported."},
    {protocol_error::head_too_large, 431, "The request head is too large."},
    {protocol_error::too_many_fields, 431, "The request has too many header fields."},
    {protocol_error::internal, 500, "An internal server error occurred."},
    {protocol_error::unknown_coding, 501, "The transfer coding is not supported."},
    {protocol_error::no_memory, 503, "The server has no memory for this request."},
    {protocol_error::too_many_connections, 503, "The server has too many open connections."},
    {protocol_error::unknown_version, 505, "Only HTTP/1.0 and HTTP/1.1 are supported."},
};

} // namespace

response to_response(protocol_error why)
{
    for (const row& one : rows) {
        if (one.why != why) continue;
        response answer;
        answer.status = one.status;
        answer.body.append(R"({"message":")").append(one.message);
        if (!one.detail.empty()) answer.body.append(R"(","detail":")").append(one.detail);
        answer.body.append("\"}\n");
        if (one.status == 503) answer.add_header("Retry-After", "1");
        answer.close = true;
        return answer;
    }
    assert(false && "every protocol error has a row");
    return {};
}

} // namespace latchkey
