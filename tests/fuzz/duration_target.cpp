// Text for spans of time and for instants: what can be read must come out again as it was meant.
#include "auth/duration.hpp"
#include "auth/quoted_text.hpp"
#include "auth/time_text.hpp"
#include "storage/utf8.hpp"
#include "tests/fuzz/target.hpp"

namespace latchkey::fuzz {
namespace {

void read_span(std::string_view text, negative_duration sign)
{
    const auto span = parse_duration(text, sign);
    if (!span) {
        MUST(!span.error().text.empty());
        MUST(is_utf8(span.error().text));
        MUST(span.error().text.find('\n') == std::string::npos);
        return;
    }
    MUST(sign == negative_duration::allowed || span->count() >= 0);
    const auto again = parse_duration(duration_text(*span), negative_duration::allowed);
    MUST(again && *again == *span);
}

void read_instant(std::string_view text)
{
    const auto when = parse_rfc3339(text);
    if (!when) return;
    const auto again = parse_rfc3339(rfc3339_text(*when));
    MUST(again && *again == *when);
    (void)go_time_text(*when);
}

} // namespace

void play_duration(std::string_view input)
{
    read_span(input, negative_duration::refused);
    read_span(input, negative_duration::allowed);
    read_instant(input);
    MUST(is_utf8(in_quotes(input)));
}

} // namespace latchkey::fuzz
