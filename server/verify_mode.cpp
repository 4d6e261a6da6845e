#include "server/verify_mode.hpp"

#include "server/path.hpp"
#include "server/request.hpp"

namespace latchkey {

verify_mode mode_of(const request& asked, verify_mode by_default) noexcept
{
    if (asked.path != "/verify") return by_default;
    verify_mode mode = by_default;
    query_reader modes{asked.query};
    while (modes.next("mode")) {
        if (modes.raw_value() != "rich") return verify_mode::strict;
        mode = verify_mode::rich;
    }
    return mode;
}

} // namespace latchkey
