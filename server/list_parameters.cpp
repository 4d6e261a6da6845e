#include "server/list_parameters.hpp"

#include "server/path.hpp"

#include <charconv>
#include <cstdint>
#include <utility>

namespace latchkey {

std::string list_parameters::text(std::string_view name) const
{
    return query_value(query_, name).value_or(std::string{});
}

bool list_parameters::flag(std::string_view name) const
{
    return query_flag(query_, name);
}

std::size_t list_parameters::count(std::string_view name)
{
    const std::string value = text(name);
    if (value.empty()) return 0;
    std::int32_t number = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, ec] = std::from_chars(value.data(), end, number);
    if (ec == std::errc{} && stop == end && number >= 0) return static_cast<std::size_t>(number);
    fault(name, "32-bit positive integer");
    return 0;
}

std::optional<uuid> list_parameters::id(std::string_view name)
{
    const std::string value = text(name);
    if (value.empty()) return {};
    auto parsed = parse_uuid(value);
    if (!parsed) fault(name, "uuid");
    return parsed;
}

std::optional<key_id> list_parameters::key(std::string_view name)
{
    const std::string value = text(name);
    if (value.empty()) return {};
    auto parsed = key_id::parse(value);
    if (!parsed) fault(name, "key id");
    return parsed;
}

void list_parameters::fault(std::string_view name, std::string_view expected)
{
    std::string detail{"Query param \""};
    detail.append(name).append("\" must be a valid ").append(expected);
    faults_.push_back({std::string{name}, std::move(detail)});
}

std::optional<refusal> list_parameters::refused() const
{
    if (faults_.empty()) return {};
    refusal why = refusals::bad_request("Query parameters have invalid values.");
    why.validations = faults_;
    return why;
}

} // namespace latchkey
