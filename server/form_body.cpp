#include "server/form_body.hpp"

#include "server/path.hpp"

namespace latchkey {

std::optional<std::string> form_parameter(std::string_view body, std::string_view name)
{
    query_reader pairs{body};
    if (!pairs.next(name) || pairs.raw_value().empty()) return std::nullopt;
    std::optional<std::string> value = percent_decode(pairs.raw_value(), plus_sign::space);
    if (pairs.next(name)) return std::nullopt;
    return value;
}

} // namespace latchkey
