// The words that rights and people are named by: scopes, allow lists, usernames, addresses, base64, ids.
#include "auth/allow_list.hpp"
#include "auth/base64.hpp"
#include "auth/names.hpp"
#include "auth/password.hpp"
#include "auth/scope.hpp"
#include "storage/records.hpp"
#include "storage/utf8.hpp"
#include "tests/fuzz/target.hpp"

#include <string>
#include <vector>

namespace latchkey::fuzz {
namespace {

std::vector<std::string> words_of(std::string_view text)
{
    std::vector<std::string> words;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        words.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

void read_scopes(const std::vector<std::string>& words)
{
    const auto scopes = canonical_scopes(words, words.front());
    if (!scopes) {
        MUST(is_utf8(scopes.error().text));
        return;
    }
    // What may be asked for is known, lies within itself and within everything.
    const std::vector<std::string> everything{"coder:all"};
    for (const std::string& one : *scopes)
        MUST(expand(one).has_value() && covers(one, one));
    MUST(scopes_covered(*scopes, *scopes).what == coverage::outcome::covered);
    MUST(scopes_covered(*scopes, everything).what == coverage::outcome::covered);
    MUST(permission_set::everything().covers(permissions_of(*scopes)));
    const auto again = canonical_scopes(*scopes, {});
    MUST(again && *again == *scopes);
}

void read_allow_list(const std::vector<std::string>& words)
{
    std::vector<allow_entry> entries;
    for (const std::string& word : words) {
        const auto entry = parse_allow_entry(word);
        if (!entry) {
            MUST(is_utf8(entry.error().text));
            continue;
        }
        const auto again = parse_allow_entry(to_string(*entry));
        MUST(again && *again == *entry);
        entries.push_back(*entry);
    }
    const auto list = normalise_allow_list(entries);
    if (!list) return;
    MUST(!list->empty() && list->size() <= max_allow_list_entries);
    for (const allow_entry& entry : entries)
        MUST(permits(*list, entry));
    MUST(allow_list_covered(*list, *list).what == coverage::outcome::covered);
    const std::vector<std::string> everything{"*:*"};
    MUST(allow_list_covered(*list, everything).what == coverage::outcome::covered);
    (void)allow_list_covered(*list, words); // what is stored may be damaged
}

} // namespace

void play_rights_text(std::string_view input)
{
    const std::vector<std::string> words = words_of(input);
    read_scopes(words);
    read_allow_list(words);

    if (!username_fault(input)) MUST(!input.empty() && input.size() <= 32);
    (void)real_name_fault(input);
    if (is_email_address(input)) MUST(input.find('@') != std::string_view::npos && input.size() <= 254);
    if (const auto bytes = decode_base64(input)) {
        std::string again;
        append_base64(again, *bytes);
        MUST(again == input);
    }
    if (const auto id = parse_uuid(input)) MUST(parse_uuid(to_string(*id)) == *id);
    MUST(password_entropy(input) >= 0);
    (void)password_fault(input);
    (void)needs_rehash(input);
}

} // namespace latchkey::fuzz
