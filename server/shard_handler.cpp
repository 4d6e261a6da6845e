#include "server/shard_handler.hpp"

#include "auth/verifier.hpp"
#include "server/access_log.hpp"
#include "server/client_address.hpp"
#include "server/middleware.hpp"

#include <charconv>
#include <string>

namespace latchkey {
namespace {

// Of an answer's bytes: "HTTP/1.1 200 ...".
unsigned status_of(std::string_view answer) noexcept
{
    constexpr std::size_t at = 9;
    unsigned status = 0;
    if (answer.size() >= at + 3) std::from_chars(answer.data() + at, answer.data() + at + 3, status);
    return status;
}

bool is_verification(const request& asked) noexcept
{
    return asked.through == door::clients && verify_endpoint::serves(asked.path);
}

} // namespace

shard_handler::shard_handler(services& use, executor shard, shard_metrics& counts) noexcept
    : use_{use},
      counts_{counts},
      logs_verifications_{use.accesses != nullptr && use.accesses->wants_verifications()},
      verifications_{use, std::move(shard), counts}
{}

head_verdict shard_handler::answer_from_head(const request& asked, output_buffer& out, bool keep_alive)
{
    if (asked.found || is_verification(asked)) {
        const std::size_t before = out.size();
        const bool answered = verifications_.answer_from_memory(asked, out, keep_alive);
        if (logs_verifications_ && answered) [[unlikely]]
            log_verification(asked, status_of(std::string_view{out}.substr(before)));
        return answered ? head_verdict::answered : head_verdict::ignores_body;
    }
    const bool skips_body = asked.awaits_body && is_refused_without_body(asked, use_);
    return skips_body ? head_verdict::ignores_body : head_verdict::wants_body;
}

void shard_handler::expect(std::string_view token, lookup_comes when) noexcept
{
    use_.tokens.expect(token, when);
}

task<response> shard_handler::answer(const request& asked)
{
    if (is_verification(asked)) {
        return logs_verifications_ ? answer_and_log(*this, asked) : verifications_.answer_by_asking(asked);
    }
    return answer_request(asked, use_, counts_);
}

task<response> shard_handler::answer_and_log(shard_handler& self, const request& asked)
{
    const auto began = std::chrono::steady_clock::now();
    auto asking = self.verifications_.answer_by_asking(asked);
    response answer = co_await std::move(asking);
    self.log_verification(asked, answer.status, std::chrono::steady_clock::now() - began);
    co_return answer;
}

void shard_handler::log_verification(const request& asked,
                                     unsigned status,
                                     std::optional<std::chrono::nanoseconds> took) const
{
    const std::string address = address_text(client_address(asked, use_.web.trusted_proxies));
    use_.accesses->write(asked, status, {.route = "/verify", .address = address, .took = took});
}

} // namespace latchkey
