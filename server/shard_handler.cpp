#include "server/shard_handler.hpp"

#include "auth/verifier.hpp"
#include "server/middleware.hpp"

namespace latchkey {

head_verdict shard_handler::answer_from_head(const request& asked, output_buffer& out, bool keep_alive)
{
    if (verify_endpoint::serves(asked.path)) {
        const bool answered = verifications_.answer_from_memory(asked, out, keep_alive);
        return answered ? head_verdict::answered : head_verdict::ignores_body;
    }
    const bool skips_body = asked.has_body && is_refused_without_body(asked, use_);
    return skips_body ? head_verdict::ignores_body : head_verdict::wants_body;
}

void shard_handler::expect(std::string_view token) noexcept
{
    use_.tokens.expect(token);
}

task<response> shard_handler::answer(const request& asked)
{
    if (verify_endpoint::serves(asked.path)) return verifications_.answer_by_asking(asked);
    return answer_request(asked, use_, counts_);
}

} // namespace latchkey
