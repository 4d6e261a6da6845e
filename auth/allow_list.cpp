#include "auth/allow_list.hpp"

#include "auth/quoted_text.hpp"

#include <algorithm>
#include <tuple>

namespace latchkey {
namespace {

constexpr std::string_view everything = "*:*";

// A stored entry, without the sentences that parse_allow_entry makes of a fault.
std::optional<allow_entry> read_stored(std::string_view text) noexcept
{
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto type = parse_resource_type(text.substr(0, colon));
    if (!type) return std::nullopt;
    const std::string_view id = text.substr(colon + 1);
    if (id == "*") return allow_entry{*type, std::nullopt};
    const auto parsed = parse_uuid(id);
    if (!parsed) return std::nullopt;
    return allow_entry{*type, parsed};
}

bool is_within(const allow_entry& wanted, const allow_entry& held) noexcept
{
    const bool type_fits = held.type == resource_type::any || held.type == wanted.type;
    return type_fits && (!held.id || held.id == wanted.id);
}

bool sorts_before(const allow_entry& one, const allow_entry& other) noexcept
{
    // No id comes first: the order of the enum is that of the names, and `*` sorts before every digit.
    return std::tie(one.type, one.id) < std::tie(other.type, other.id);
}

} // namespace

std::string to_string(const allow_entry& entry)
{
    std::string text{to_string(entry.type)};
    text += ':';
    if (entry.id) {
        append_uuid(text, *entry.id);
    } else {
        text += '*';
    }
    return text;
}

checked<allow_entry> parse_allow_entry(std::string_view text)
{
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
        fault said{"invalid allow_list entry "};
        append_quoted(said.text, text);
        said.text += ": want <type>:<id>";
        return said;
    }

    const std::string_view type_name = text.substr(0, colon);
    const auto type = parse_resource_type(type_name);
    if (!type) {
        fault said{"unknown resource type "};
        append_quoted(said.text, type_name);
        return said;
    }

    const std::string_view id_text = text.substr(colon + 1);
    if (id_text == "*") return allow_entry{*type, std::nullopt};
    const auto id = parse_uuid(id_text);
    if (!id) {
        fault said{"invalid "};
        said.text += type_name;
        said.text += " ID (must be UUID): ";
        append_quoted(said.text, id_text);
        return said;
    }
    return allow_entry{*type, id};
}

checked<std::vector<std::string>> normalise_allow_list(std::vector<allow_entry> entries)
{
    std::sort(entries.begin(), entries.end(), sorts_before);
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
    if (entries.empty() || entries.front() == allow_entry{}) {
        return std::vector<std::string>{std::string{everything}};
    }

    std::vector<std::string> kept;
    const allow_entry* whole_type =
        nullptr; // the last `type:*`; in order, its single ids come right after it
    for (const allow_entry& entry : entries) {
        if (whole_type != nullptr && whole_type->type == entry.type) continue;
        if (!entry.id) whole_type = &entry;
        kept.push_back(to_string(entry));
    }
    if (kept.size() > max_allow_list_entries) {
        return fault{"allow_list has " + std::to_string(kept.size()) + " entries; max allowed is " +
                     std::to_string(max_allow_list_entries)};
    }
    return kept;
}

bool permits(std::span<const std::string> stored, resource_type type, const std::optional<uuid>& id) noexcept
{
    return permits(stored, allow_entry{type, id});
}

bool permits(std::span<const std::string> stored, const allow_entry& wanted) noexcept
{
    return std::any_of(stored.begin(), stored.end(), [&wanted](const std::string& text) {
        if (text == everything) return true;
        const auto held = read_stored(text);
        return held && is_within(wanted, *held);
    });
}

coverage allow_list_covered(std::span<const std::string> child, std::span<const std::string> parent)
{
    using outcome = coverage::outcome;
    for (const std::string& text : child) {
        const auto wanted = read_stored(text);
        if (!wanted) return {outcome::undetermined, "scope coverage could not be determined"};
        if (permits(parent, *wanted)) continue;

        coverage said{outcome::exceeds, "exceeds the creating API key: allow list entry "};
        append_quoted(said.text, text);
        said.text += " is not covered by its allow list ";
        append_bracketed(said.text, parent);
        said.text += "; request a subset, or authenticate with a key that allows it";
        return said;
    }
    return {};
}

} // namespace latchkey
