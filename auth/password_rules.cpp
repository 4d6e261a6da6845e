// The rules half of password.hpp: an estimate in the manner of Go's password validator (contract 8.2).
#include "auth/password.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace latchkey {
namespace {

constexpr std::string_view replacing = "!@$&*";
constexpr std::string_view separating = "_-., ";
constexpr std::string_view other_special = "\"#%'()+/:;<=>?[\\]^{|}~";
static_assert(other_special.size() == 22);

// What a guesser tries first. Each is looked for in both directions.
constexpr std::string_view sequences[] = {
    "0123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz"};

struct character_classes {
    bool has_replacing = false;
    bool has_separating = false;
    bool has_other_special = false;
    bool has_lower = false;
    bool has_upper = false;
    bool has_digits = false;
    std::size_t foreign = 0; // different characters that are in none of the classes
};

bool continues_character(char c) noexcept
{
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The bytes of the UTF-8 character at the start of `text`, which is not empty.
std::string_view first_character(std::string_view text) noexcept
{
    std::size_t length = 1;
    while (length < text.size() && continues_character(text[length]))
        ++length;
    return text.substr(0, length);
}

character_classes classify(std::string_view password)
{
    character_classes classes;
    std::set<std::string_view> foreign;
    while (!password.empty()) {
        const std::string_view character = first_character(password);
        password.remove_prefix(character.size());
        const char c = character.front();
        if (character.size() > 1) {
            foreign.insert(character);
        } else if (c >= 'a' && c <= 'z') {
            classes.has_lower = true;
        } else if (c >= 'A' && c <= 'Z') {
            classes.has_upper = true;
        } else if (c >= '0' && c <= '9') {
            classes.has_digits = true;
        } else if (replacing.find(c) != std::string_view::npos) {
            classes.has_replacing = true;
        } else if (separating.find(c) != std::string_view::npos) {
            classes.has_separating = true;
        } else if (other_special.find(c) != std::string_view::npos) {
            classes.has_other_special = true;
        } else {
            foreign.insert(character);
        }
    }
    classes.foreign = foreign.size();
    return classes;
}

std::size_t base_of(const character_classes& classes) noexcept
{
    return (classes.has_replacing ? replacing.size() : 0) + (classes.has_separating ? separating.size() : 0) +
           (classes.has_other_special ? other_special.size() : 0) + (classes.has_lower ? 26 : 0) +
           (classes.has_upper ? 26 : 0) + (classes.has_digits ? 10 : 0) + classes.foreign;
}

// `step` is +1 or -1: the direction in which the sequence is walked.
bool follows(char previous, char next, std::string_view sequence, int step) noexcept
{
    const std::size_t from = sequence.find(previous);
    const std::size_t to = sequence.find(next);
    return from != std::string_view::npos && to != std::string_view::npos &&
           static_cast<int>(to) == static_cast<int>(from) + step;
}

// Keeps two characters of each run of neighbours for which `continues` holds.
template <class Continues>
void shorten_runs(std::string& text, Continues continues)
{
    std::string kept;
    std::size_t run = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        run = i > 0 && continues(text[i - 1], text[i]) ? run + 1 : 1;
        if (run <= 2) kept += text[i];
    }
    wipe_memory(text.data(), text.size());
    text.swap(kept);
    wipe_memory(kept.data(), kept.size());
}

std::size_t effective_length(std::string_view password)
{
    std::string text{password};
    shorten_runs(text, [](char previous, char next) { return previous == next; });
    for (const std::string_view sequence : sequences) {
        for (const int step : {1, -1}) {
            shorten_runs(text, [sequence, step](char previous, char next) {
                return follows(previous, next, sequence, step);
            });
        }
    }
    const std::size_t length = text.size();
    wipe_memory(text.data(), text.size());
    return length;
}

} // namespace

double password_entropy(std::string_view password)
{
    if (password.empty()) return 0;
    const auto base = static_cast<double>(base_of(classify(password)));
    return static_cast<double>(effective_length(password)) * std::log2(base);
}

std::optional<std::string> password_fault(std::string_view password)
{
    // Before the estimate: nobody shall make it count megabytes.
    if (password.size() > max_password_length) {
        return "password must be no more than " + std::to_string(max_password_length) + " characters";
    }
    if (password_entropy(password) >= min_password_entropy) return std::nullopt;

    const character_classes used = classify(password);
    std::string text = "insecure password, try ";
    const auto advise = [&text](bool is_needed, std::string_view advice) {
        if (is_needed) text.append(advice).append(", ");
    };
    advise(!used.has_other_special || !used.has_separating || !used.has_replacing,
           "including more special characters");
    advise(!used.has_lower, "using lowercase letters");
    advise(!used.has_upper, "using uppercase letters");
    advise(!used.has_digits, "using numbers");
    if (text.ends_with(", ") && !text.ends_with("password, try ")) {
        text.resize(text.size() - 2);
        text += " or ";
    }
    return text + "using a longer password";
}

} // namespace latchkey
