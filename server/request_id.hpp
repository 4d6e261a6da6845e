// The id of a request: names it in answers, logs and audit entries. Any thread.
#pragma once

#include "storage/records.hpp"

namespace latchkey {

// A version 4 UUID (RFC 9562 5.4), fresh for each request. Nobody is trusted for knowing one, so that these
// come from a fast generator, seeded by the operating system once per thread: drawing them from the secure
// one cost a twentieth of a pipelined verification (./dev bench verify).
uuid fresh_request_id() noexcept;

} // namespace latchkey
