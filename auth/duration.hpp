// Spans of time as text, as Go reads and prints them, plus days and years: flags, and the details of
// contract 1.2. Pure functions, any thread.
#pragma once

#include "auth/checked.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace latchkey {

using nanoseconds = std::chrono::nanoseconds;

enum class negative_duration { refused, allowed };

// `1h30m`, `90s`, `1.5h`, `0`; units ns us µs ms s m h, and d (24 hours) and y (365 days). Fault: one
// sentence that quotes the text; also for more than 292 years, which nanoseconds cannot hold.
[[nodiscard]] checked<nanoseconds> parse_duration(std::string_view text,
                                                  negative_duration sign = negative_duration::refused);

// As Go's Duration.String(): `168h0m0s`, `1.5s`, `0s`.
void append_duration(std::string& out, nanoseconds span);
std::string duration_text(nanoseconds span);

} // namespace latchkey
