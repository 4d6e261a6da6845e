// The path and the query of a request target: one normal form, decoded once, at the boundary
// (contract 1.1, A19). Pure functions over views, any thread; only those that return a std::string allocate.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

// Does a segment, once decoded, equal "." or ".."? An encoded slash counts as a slash here, so that
// "..%2f.." is found too (security.md 18: refuse, do not normalise).
[[nodiscard]] bool has_dot_segment(std::string_view raw_path) noexcept;

// The path with runs of slashes collapsed: a view of `raw_path` itself where there are none, else of
// `scratch`. Nothing, which is a 400, for dot segments, bad escapes, and what decodes to a control
// character or to bytes that are not UTF-8. Segments stay percent-encoded.
[[nodiscard]] std::optional<std::string_view> normalise_path(std::string_view raw_path, std::string& scratch);

enum class plus_sign { literal, space }; // in a path; in a query (HTML form encoding)

// Nothing for an escape that is not two hex digits, and where `out` is too small. Allocates nothing.
[[nodiscard]] std::optional<std::string_view>
percent_decode(std::string_view raw, std::span<char> out, plus_sign plus) noexcept;

// Nothing for an escape that is not two hex digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view raw, plus_sign plus);

// The pairs of a query in order, still encoded. Allocates nothing.
class query_reader {
public:
    explicit query_reader(std::string_view query) noexcept : rest_{query} {}

    // Goes on to the next pair whose decoded name is `name`. False when there is none.
    bool next(std::string_view name) noexcept;

    std::string_view raw_value() const noexcept { return value_; }

private:
    std::string_view rest_;
    std::string_view value_;
};

// The first value of that name, decoded; nothing when there is none or its escapes are bad.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

// All of that name, decoded, in order; those with bad escapes are passed over, as Go does.
[[nodiscard]] std::vector<std::string> query_values(std::string_view query, std::string_view name);

// As Go's ParseBool; what it cannot parse, or is not there, is false (contract 1.6).
[[nodiscard]] bool query_flag(std::string_view query, std::string_view name);
[[nodiscard]] bool is_true_text(std::string_view text) noexcept;

} // namespace latchkey
