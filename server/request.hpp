// One HTTP request as the session parsed it: views into the session's buffer, or into the head that it
// remembers (server/repeated_head.hpp), valid until the request is answered. Only the header fields that
// Latchkey uses are kept.
#pragma once

#include "server/door.hpp"
#include "server/sent_token.hpp"
#include "server/trace_context.hpp"
#include "storage/records.hpp"
#include "storage/revision.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/verb.hpp>

#include <cstddef>
#include <string_view>

namespace latchkey {

namespace http = boost::beast::http;

struct request {
    uuid id{}; // fresh for each request; sent back as X-Coder-Request-Id

    http::verb method = http::verb::unknown;
    std::string_view method_text;
    std::string_view target; // as sent
    std::string_view path;   // up to '?', as sent
    std::string_view query;  // behind '?', without it
    unsigned version = 11;
    bool keep_alive = true;

    // Header fields; empty when absent. A field that is sent more than once keeps its first value,
    // except where the RFC makes that an error (Host, Content-Length) and the session refused it.
    std::string_view host;
    std::string_view authorization;
    std::string_view session_token; // Coder-Session-Token
    std::string_view cookie;        // all Cookie lines are rare (RFC 6265 5.4 sends one); the first
    std::string_view user_agent;
    std::string_view csrf_token;            // X-CSRF-TOKEN
    std::string_view bypass_limit;          // X-Coder-Bypass-Ratelimit
    std::string_view if_none_match;         // the first line
    std::string_view forwarded_for;         // X-Forwarded-For; of several lines the last
    trace_context trace;                    // traceparent, if it is a good one and the only one
    revision least_revision = any_revision; // X-Latchkey-Min-Revision; of several lines the greatest
    bool authorization_repeated = false;    // RFC 6750: two credentials are an invalid request
    bool has_body = false;                  // a body was announced, arrived or not
    bool awaits_body = false;               // and has not arrived whole, or is too large to be taken

    std::string_view body; // whole, after de-chunking; empty for routes that answer from the head alone

    boost::asio::ip::address peer; // of the socket; unspecified for unix sockets
    bool peer_is_local_socket = false;
    door through = door::clients;

    // Set by the first verification with this head, for others whose heads differ in nothing but the token's
    // characters (server/repeated_head.hpp): all that was looked at besides them is as it was. None needs
    // to know what became of another, so those that have arrived together may be asked at once.
    mutable sent_token found{};

    // The bytes of the head that began at `from` begin at `to` now. The body is not moved with them.
    void move_views(const char* from, const char* to) noexcept
    {
        for (std::string_view* view : {&method_text,
                                       &target,
                                       &path,
                                       &query,
                                       &host,
                                       &authorization,
                                       &session_token,
                                       &cookie,
                                       &user_agent,
                                       &csrf_token,
                                       &bypass_limit,
                                       &if_none_match,
                                       &forwarded_for,
                                       &trace.trace_id,
                                       &trace.parent_id,
                                       &found.text}) {
            if (!view->empty()) *view = {to + (view->data() - from), view->size()};
        }
    }
};

} // namespace latchkey
