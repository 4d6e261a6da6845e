#include "server/revision_header.hpp"

#include <charconv>
#include <string>

namespace latchkey {

void add_revision(response& answer, revision when)
{
    if (when != any_revision) answer.add_header("X-Latchkey-Revision", std::to_string(when));
}

revision parse_least_revision(std::string_view value) noexcept
{
    revision least = any_revision;
    const char* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, least);
    const bool is_number = read.ec == std::errc{} && read.ptr == end && least >= any_revision;
    return is_number ? least : no_kept_revision;
}

} // namespace latchkey
