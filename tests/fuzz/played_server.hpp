// Everything above the session, wired as the application does it, over a memory store, a clock that stands
// still and an audit log whose chain can be checked; and faults on demand. What requests_target.cpp plays on.
#pragma once

#include "auth/audit_service.hpp"
#include "auth/token_service.hpp"
#include "auth/user_service.hpp"
#include "auth/verification_recorder.hpp"
#include "auth/verifier.hpp"
#include "server/log.hpp"
#include "server/metrics.hpp"
#include "server/rate_limiter.hpp"
#include "server/refusal_log.hpp"
#include "server/services.hpp"
#include "server/shard_handler.hpp"
#include "storage/memory_store.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/faulty_store.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::fuzz {

// Keeps lines as the file would, chained.
class chained_audit final : public audit_log {
public:
    bool cannot_write = false;

    task<result<void>> append(audit_entry entry) override;
    task<result<audit_page>> search(audit_query query) override;
    audit_health health() const override { return {}; }

    std::size_t size() const noexcept { return lines_.size(); }

    // Every line is well-formed and follows the one before.
    void check_chain() const;

private:
    std::vector<std::string> lines_;
    digest last_{};
};

struct played_answer {
    unsigned status = 0;
    std::string body;
};

class played_server {
public:
    static constexpr std::chrono::hours retention{168};

    played_server();

    // Straight into the store; and a session of that user that outlives the play.
    user add(std::string username, role_set roles);
    std::string session_of(const user& owner);

    // As from the wire: `target` is what stands in the request line.
    played_answer
    ask(http::verb method, std::string_view target, std::string_view token, std::string_view body = {});

    test::fake_clock now;
    memory_store memory{now, retention};
    test::faulty_store records{memory};
    chained_audit audit;

private:
    decision_log decisions_{audit, now};
    pepper_set peppers_;
    key_service keys_;
    user_service users_;
    audit_service audits_{decisions_};
    verifier tokens_;
    token_service held_tokens_{records, decisions_, tokens_, now};
    web_settings web_;
    rate_limiter limits_;
    verification_recorder verifications_;
    logger log_{log_level::error, log_format::text, now, [](std::string_view) {}};
    refusal_log refusals_{log_, now};
    metrics figures_{1};
    services use_;
    asio::io_context context_{1};
    shard_handler handler_;
};

} // namespace latchkey::fuzz
