// Revisions (storage/revision.hpp) as they travel in header fields: handed out with a change as
// X-Latchkey-Revision, and shown with a verification as X-Latchkey-Min-Revision. Any thread.
#pragma once

#include "server/response.hpp"
#include "storage/revision.hpp"

#include <string_view>

namespace latchkey {

// Adds X-Latchkey-Revision; nothing where verifications need not care.
void add_revision(response& answer, revision when);

// The value of X-Latchkey-Min-Revision, decimal digits alone. Whatever else it is: no_kept_revision, because
// whoever sends it wants nothing old, and a faster answer to a mistake would be a wrong one.
revision parse_least_revision(std::string_view value) noexcept;

} // namespace latchkey
