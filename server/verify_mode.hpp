// How /verify words a refusal. Gateways that know only "signed in" and "allowed" (nginx auth_request turns
// every status but 401 and 403 into a 500) need other statuses than those that pass the answer on. Whether a
// token is refused never depends on it. Pure functions, any thread.
#pragma once

namespace latchkey {

struct request;

enum class verify_mode {
    rich,   // 401, 403, 400 for a bad path, 429 for a guesser, 503 without the store
    strict, // 401 and 403 only; why is in X-Latchkey-Reason and Retry-After
};

// `?mode=rich` or `?mode=strict`, where the path is /verify itself; any other value, and two that differ,
// count as strict. Below /verify/ the query is the client's own (Envoy sends it so), and so is not asked:
// who may turn a refusal into a 503 is let in by a gateway that is set to pass on errors.
[[nodiscard]] verify_mode mode_of(const request& asked, verify_mode by_default) noexcept;

} // namespace latchkey
