// The little language of `q` (contract 7.2, 8.4): `key:value` separated by spaces, quotes around what holds
// spaces or colons, and bare words, which stand for one key of the caller's choice. A reader asks for each
// key it knows; what it did not ask for, or could not be read, is a fault. One object per request.
#pragma once

#include "auth/refusal.hpp"
#include "storage/records.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

class search_query {
public:
    search_query(std::string_view text, std::string_view key_of_bare_words);

    // Nothing when the key is not there, or its value is wrong (and then a fault).
    std::optional<std::string> text(std::string_view key);  // as sent
    std::optional<std::string> lower(std::string_view key); // in lower case
    std::optional<uuid> id(std::string_view key);
    std::optional<bool> flag(std::string_view key);
    std::optional<std::int64_t> number(std::string_view key);
    std::optional<time_point> instant(std::string_view key); // RFC 3339
    std::optional<time_point> date(std::string_view key);    // 2006-01-02

    // One of `known`, in lower case.
    std::optional<std::string> word(std::string_view key, std::span<const std::string_view> known);

    // Separated by commas, each one of `known`; of any kind when `known` is empty. Empty: not asked for.
    std::vector<std::string> words(std::string_view key, std::span<const std::string_view> known);

    // 400 with `message` and all the faults; nothing when there are none. Call it last.
    std::optional<refusal> refused(std::string message);

private:
    struct term {
        std::string key; // in lower case
        std::string value;
        bool is_known = false;
    };

    void read_element(std::string_view element, std::string_view key_of_bare_words);
    void add_term(std::string key, std::string value);
    void fault_in(std::string_view key, std::string_view what);

    std::vector<term> terms_;
    std::vector<field_fault> faults_;
};

} // namespace latchkey
