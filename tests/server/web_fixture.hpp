// Everything above the session, wired as the application does it, over a memory store and a clock that
// stands still: bytes in are a `request`, bytes out are what the session would send. No socket.
#pragma once

#include "auth/verification_recorder.hpp"
#include "server/log.hpp"
#include "server/metrics.hpp"
#include "server/rate_limiter.hpp"
#include "server/refusal_log.hpp"
#include "server/services.hpp"
#include "server/shard_handler.hpp"
#include "tests/support/auth_fixture.hpp"
#include "tests/support/http_client.hpp"

#include <string_view>

namespace latchkey::test {

inline constexpr auto get = http::verb::get;
inline constexpr auto post = http::verb::post;

struct web_fixture_settings {
    web_settings web = {};
    rate_limits limits = {};
    verifications_recorded recorded = verifications_recorded::denied;
};

// An answer, and how it was come by.
struct seen_answer : http_answer {
    head_verdict verdict = head_verdict::answered;
};

class web_fixture {
public:
    explicit web_fixture(web_fixture_settings settings = {});

    // As the session would: the head first, then, unless that was enough, the rest.
    seen_answer ask(request asked, bool keep_alive = true);

    // Runs what was left on the shard, such as entries of the audit log.
    void settle();

    auth_fixture auth;
    web_settings web;
    rate_limiter limits;
    verification_recorder verifications;
    std::string logged; // all lines
    logger log{
        log_level::debug, log_format::text, auth.now, [this](std::string_view line) { logged += line; }};
    refusal_log refusals{log, auth.now};
    metrics figures{1};
    services use;
    asio::io_context context{1};
    shard_handler handler;
};

// From 192.0.2.1, with the token as Coder-Session-Token if there is one. The texts outlive the request.
request asking(http::verb method, std::string_view target, std::string_view token = {});

} // namespace latchkey::test
