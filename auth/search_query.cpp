#include "auth/search_query.hpp"

#include "auth/quoted_text.hpp"
#include "auth/time_text.hpp"
#include "storage/lower_case.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey {
namespace {

// Parts between delimiters that stand outside quotes; empty parts are left out.
std::vector<std::string_view> split(std::string_view text, char delimiter)
{
    std::vector<std::string_view> parts;
    std::size_t start = 0;
    bool is_quoted = false;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        const bool is_end = at == text.size();
        if (!is_end && text[at] == '"') is_quoted = !is_quoted;
        if (!is_end && (is_quoted || text[at] != delimiter)) continue;
        if (at > start) parts.push_back(text.substr(start, at - start));
        start = at + 1;
    }
    return parts;
}

std::string without_quotes(std::string_view text)
{
    while (text.starts_with('"'))
        text.remove_prefix(1);
    while (text.ends_with('"'))
        text.remove_suffix(1);
    return std::string{text};
}

bool is_among(std::string_view word, std::span<const std::string_view> known) noexcept
{
    return std::find(known.begin(), known.end(), word) != known.end();
}

std::string not_valid(std::string_view word)
{
    return "has invalid value: " + in_quotes(word) + " is not a valid value";
}

} // namespace

search_query::search_query(std::string_view text, std::string_view key_of_bare_words)
{
    for (const std::string_view element : split(text, ' '))
        read_element(element, key_of_bare_words);
}

void search_query::read_element(std::string_view element, std::string_view key_of_bare_words)
{
    if (element.starts_with(':') || element.ends_with(':')) {
        faults_.push_back({"q", "Query element " + in_quotes(element) + " cannot start or end with ':'"});
        return;
    }
    const std::vector<std::string_view> parts = split(element, ':');
    if (parts.size() == 1) {
        add_term(std::string{key_of_bare_words}, without_quotes(parts[0]));
    } else if (parts.size() == 2) {
        add_term(lower_case(without_quotes(parts[0])), without_quotes(parts[1]));
    } else {
        faults_.push_back({"q", "Query element " + in_quotes(element) + " can only contain 1 ':'"});
    }
}

void search_query::add_term(std::string key, std::string value)
{
    const auto same = [&key](const term& other) { return other.key == key; };
    if (std::any_of(terms_.begin(), terms_.end(), same)) {
        faults_.push_back({"q", "Query parameter " + in_quotes(key) + " provided more than once"});
        return;
    }
    terms_.push_back({std::move(key), std::move(value)});
}

void search_query::fault_in(std::string_view key, std::string_view what)
{
    std::string detail = "Query param " + in_quotes(key) + " ";
    detail += what;
    faults_.push_back({std::string{key}, std::move(detail)});
}

std::optional<std::string> search_query::text(std::string_view key)
{
    for (term& one : terms_) {
        if (one.key != key) continue;
        one.is_known = true;
        return one.value;
    }
    return std::nullopt;
}

std::optional<std::string> search_query::lower(std::string_view key)
{
    std::optional<std::string> value = text(key);
    if (!value) return std::nullopt;
    return lower_case(std::move(*value));
}

std::optional<uuid> search_query::id(std::string_view key)
{
    const std::optional<std::string> value = text(key);
    if (!value) return std::nullopt;
    const std::optional<uuid> parsed = parse_uuid(*value);
    if (!parsed) fault_in(key, "must be a valid uuid");
    return parsed;
}

std::optional<bool> search_query::flag(std::string_view key)
{
    const std::optional<std::string> value = lower(key);
    if (!value) return std::nullopt;
    if (*value == "true" || *value == "t" || *value == "1") return true;
    if (*value == "false" || *value == "f" || *value == "0") return false;
    fault_in(key, "must be a valid boolean");
    return std::nullopt;
}

std::optional<std::int64_t> search_query::number(std::string_view key)
{
    const std::optional<std::string> value = text(key);
    if (!value) return std::nullopt;
    std::int64_t parsed = 0;
    const char* const end = value->data() + value->size();
    const std::from_chars_result read = std::from_chars(value->data(), end, parsed);
    if (read.ec == std::errc{} && read.ptr == end) return parsed;
    fault_in(key, "must be a valid integer");
    return std::nullopt;
}

std::optional<time_point> search_query::instant(std::string_view key)
{
    std::optional<std::string> value = text(key);
    if (!value) return std::nullopt;
    // Clients that lower the case of the whole query, as Coder does, mean the same instant.
    std::replace(value->begin(), value->end(), 't', 'T');
    std::replace(value->begin(), value->end(), 'z', 'Z');
    const std::optional<time_point> parsed = parse_rfc3339(*value);
    if (!parsed) fault_in(key, "must be a valid date format (2006-01-02T15:04:05Z)");
    return parsed;
}

std::optional<time_point> search_query::date(std::string_view key)
{
    const std::optional<std::string> value = text(key);
    if (!value) return std::nullopt;
    const std::optional<time_point> parsed = parse_date(*value);
    if (!parsed) fault_in(key, "must be a valid date format (2006-01-02)");
    return parsed;
}

std::optional<std::string> search_query::word(std::string_view key, std::span<const std::string_view> known)
{
    std::optional<std::string> value = lower(key);
    if (!value || is_among(*value, known)) return value;
    fault_in(key, not_valid(*value));
    return std::nullopt;
}

std::vector<std::string> search_query::words(std::string_view key, std::span<const std::string_view> known)
{
    std::vector<std::string> found;
    const std::optional<std::string> value = lower(key);
    if (!value) return found;
    for (const std::string_view part : split(*value, ',')) {
        if (!known.empty() && !is_among(part, known)) fault_in(key, not_valid(part));
        found.emplace_back(part);
    }
    return found;
}

std::optional<refusal> search_query::refused(std::string message)
{
    for (const term& one : terms_) {
        if (!one.is_known) faults_.push_back({one.key, in_quotes(one.key) + " is not a valid query param"});
    }
    if (faults_.empty()) return std::nullopt;
    refusal why = refusals::bad_request(std::move(message));
    why.validations = std::move(faults_);
    return why;
}

} // namespace latchkey
