// ANY /verify and /verify/...: is the token of this request good, and does it carry the rights that the
// query demands? For gateways and services that ask on each of their requests (gateways.md). Decided from
// the head alone, answered with 200, 401, 403, 400, 429 or 503, or with the first three only where the mode
// is strict (verify_mode.hpp); never with a body over 1 KiB. One object per shard.
#pragma once

#include "auth/verifier.hpp"
#include "server/credential.hpp"
#include "server/request.hpp"
#include "server/response.hpp"
#include "server/services.hpp"
#include "server/shard_metrics.hpp"
#include "storage/task.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace latchkey {

class verify_endpoint {
public:
    // What is to be recorded is written by coroutines on `shard`; its answers are counted in `counts`.
    verify_endpoint(services& use, executor shard, shard_metrics& counts) noexcept
        : use_{use},
          shard_{std::move(shard)},
          counts_{counts}
    {}

    // Whatever follows /verify/ is the gateway's own path and is not looked at.
    static bool serves(std::string_view raw_path) noexcept;

    // Appends the answer. Allocates nothing for a good token once `out` has grown. False, with nothing
    // appended: memory does not know the key, ask the store with answer_by_asking.
    [[nodiscard]] bool answer_from_memory(const request& asked, output_buffer& out, bool keep_alive);

    // `asked` outlives the task.
    task<response> answer_by_asking(const request& asked);

private:
    [[nodiscard]] bool
    answer_from_memory(const request& asked, const sent_token& token, output_buffer& out, bool keep_alive);
    std::optional<response> refused_at_sight(const request& asked, const credential& found) const;
    std::optional<response> refused_after(const request& asked, verdict what, const key_facts* key) const;
    response
    answer_after(const request& asked, const verifier::asked& checked, credential_source source) const;
    response in_mode_of(const request& asked, response refused) const;

    void record(const request& asked,
                verdict what,
                unsigned status,
                const key_facts* key,
                const owner_view& owner) const;

    services& use_;
    executor shard_;
    shard_metrics& counts_;
};

} // namespace latchkey
