#include "auth/names.hpp"

#include "auth/crypto.hpp"
#include "auth/decimal_text.hpp"
#include "storage/lower_case.hpp"

#include <algorithm>
#include <array>

namespace latchkey {
namespace {

constexpr std::size_t max_username_length = 32;
constexpr std::size_t max_real_name_length = 128;
constexpr std::size_t max_email_length = 254;

constexpr std::array<std::string_view, 60> adjectives{
    "amber",  "ancient", "autumn",   "bold",    "brave",    "breezy",  "bright",   "calm",    "careful",
    "cheery", "clever",  "copper",   "cosy",    "crisp",    "curious", "dapper",   "daring",  "dreamy",
    "early",  "earnest", "elegant",  "fair",    "fearless", "gentle",  "gleaming", "golden",  "hardy",
    "hearty", "honest",  "humble",   "ivory",   "jolly",    "keen",    "kind",     "lively",  "loyal",
    "lucid",  "mellow",  "merry",    "mindful", "modest",   "nimble",  "noble",    "patient", "placid",
    "polite", "quick",   "quiet",    "radiant", "rustic",   "serene",  "silver",   "snowy",   "steady",
    "sunny",  "tidy",    "tranquil", "vivid",   "warm",     "witty",
};

constexpr std::array<std::string_view, 60> surnames{
    "abel",     "ampere",    "angstrom",     "bernoulli",    "bohr",     "boole",      "brahe",
    "cantor",   "cauchy",    "celsius",      "chebyshev",    "church",   "coulomb",    "dalton",
    "dirac",    "doppler",   "eratosthenes", "erdos",        "euclid",   "faraday",    "fibonacci",
    "fourier",  "fresnel",   "galois",       "gauss",        "germain",  "godel",      "gutenberg",
    "hamilton", "helmholtz", "herschel",     "hilbert",      "hooke",    "huygens",    "jacobi",
    "joule",    "kepler",    "knuth",        "kovalevskaya", "lagrange", "laplace",    "leibniz",
    "linnaeus", "lovelace",  "maxwell",      "mendel",       "noether",  "ohm",        "pascal",
    "planck",   "ptolemy",   "ramanujan",    "riemann",      "shannon",  "somerville", "torricelli",
    "turing",   "volta",     "watt",         "wiener",
};

// Those from `me` on are what routes below /api/v2/users/ call something else (contract 3.7; a test in
// tests/server holds them against the table of routes): a user of such a name could not be named by anybody,
// or would be taken for what the route means. In every case form (security.md 13), because usernames are
// compared without case.
struct reserved_name {
    std::string_view name;
    std::string_view message;
};
constexpr reserved_name reserved_names[] = {
    {"new", "cannot use \"new\" as a name"},
    {"create", "cannot use \"create\" as a name"},
    {"me", "cannot use \"me\" as a name"},
    {"first", "cannot use \"first\" as a name"},
    {"login", "cannot use \"login\" as a name"},
    {"logout", "cannot use \"logout\" as a name"},
    {"authmethods", "cannot use \"authmethods\" as a name"},
    {"validate-password", "cannot use \"validate-password\" as a name"},
};

bool is_alphanumeric(char c) noexcept
{
    return (c >= '0' && c <= '9') || (lower_case(c) >= 'a' && lower_case(c) <= 'z');
}

// Words of letters and digits with single hyphens between them.
bool is_hyphenated(std::string_view name) noexcept
{
    char previous = '-';
    for (const char c : name) {
        if (!is_alphanumeric(c) && (c != '-' || previous == '-')) return false;
        previous = c;
    }
    return previous != '-';
}

// A run of neither spaces, control characters nor what only quoting would allow; parts joined by single dots.
bool is_dotted(std::string_view part) noexcept
{
    static constexpr std::string_view forbidden = " \"(),:;<>@[\\]";
    char previous = '.';
    for (const char c : part) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f || forbidden.find(c) != std::string_view::npos) return false;
        if (c == '.' && previous == '.') return false;
        previous = c;
    }
    return previous != '.';
}

} // namespace

std::optional<std::string_view> username_fault(std::string_view name) noexcept
{
    if (name.size() > max_username_length) return "must be <= 32 characters";
    if (name.empty()) return "must be >= 1 character";
    for (const reserved_name& reserved : reserved_names) {
        const bool is_same = std::equal(
            name.begin(), name.end(), reserved.name.begin(), reserved.name.end(), [](char one, char other) {
                return lower_case(one) == other;
            });
        if (is_same) return reserved.message;
    }
    if (!is_hyphenated(name)) return "must be alphanumeric with hyphens";
    return std::nullopt;
}

std::optional<std::string_view> real_name_fault(std::string_view name) noexcept
{
    static constexpr std::string_view spaces = " \t\n\v\f\r";
    if (name.size() > max_real_name_length) return "must be <= 128 characters";
    if (name.empty()) return std::nullopt;
    const bool is_padded = spaces.find(name.front()) != std::string_view::npos ||
                           spaces.find(name.back()) != std::string_view::npos;
    if (is_padded) return "must not have leading or trailing white space";
    return std::nullopt;
}

bool is_email_address(std::string_view text) noexcept
{
    const std::size_t at = text.find('@');
    if (text.size() > max_email_length || at == std::string_view::npos) return false;
    return is_dotted(text.substr(0, at)) && is_dotted(text.substr(at + 1));
}

std::string generate_token_name()
{
    std::string name{adjectives[random_below(adjectives.size())]};
    name += '_';
    name += surnames[random_below(surnames.size())];
    append_padded(name, random_below(1'000'000'000), 9);
    return name;
}

} // namespace latchkey
