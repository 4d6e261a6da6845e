// The little language of `q`, with all kinds of keys that its two users ask for.
#include "auth/search_query.hpp"
#include "server/error_response.hpp"
#include "tests/fuzz/target.hpp"

#include <boost/json.hpp>

#include <array>
#include <string>
#include <vector>

namespace latchkey::fuzz {

void play_search(std::string_view input)
{
    static constexpr std::array<std::string_view, 2> words = {"active", "suspended"};
    search_query query{input, "search"};
    (void)query.text("search");
    if (const auto lower = query.lower("name")) {
        for (const char c : *lower)
            MUST(c < 'A' || c > 'Z');
    }
    (void)query.id("id");
    (void)query.flag("flag");
    (void)query.number("number");
    (void)query.instant("after");
    (void)query.date("date");
    if (const auto word = query.word("status", words)) MUST(*word == words[0] || *word == words[1]);
    const std::vector<std::string> statuses = query.words("statuses", words);
    (void)query.words("roles", {});
    const auto wrong = query.refused("Invalid.");
    if (!wrong) {
        for (const std::string& one : statuses)
            MUST(one == words[0] || one == words[1]);
        return;
    }

    MUST(wrong->status == 400 && !wrong->validations.empty());
    boost::system::error_code unreadable;
    (void)boost::json::parse(error_response(*wrong, {}).body, unreadable);
    MUST(!unreadable);
}

} // namespace latchkey::fuzz
