// W3C Trace Context: which trace of the caller's a request belongs to (https://www.w3.org/TR/trace-context/).
// Latchkey makes no spans of its own; it passes the ids on into its logs. Pure, any thread.
#pragma once

#include <string_view>

namespace latchkey {

struct trace_context {
    std::string_view trace_id;  // 32 lower-case hex digits, not all zero; empty: none
    std::string_view parent_id; // 16 of them: the caller's span
};

// Views into the value of `traceparent`; both empty for what the specification says to ignore (3.2.2):
// another shape, version ff, ids of zeros, more behind the flags in version 00.
[[nodiscard]] trace_context parse_traceparent(std::string_view value) noexcept;

} // namespace latchkey
