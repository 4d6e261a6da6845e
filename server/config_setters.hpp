// How each option's text gets into the configuration: the last column of the table of options. Each takes
// one value, and returns nothing when it was taken, else what was expected. Pure functions, any thread.
#pragma once

#include "auth/duration.hpp"
#include "server/config.hpp"
#include "server/config_values.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

using expectation = std::optional<std::string>;

template <auto Member>
expectation take_path(config& settings, std::string_view text)
{
    if (!is_path(text)) return "a path without control characters";
    settings.*Member = std::string{text};
    return {};
}

expectation take_listen_address(std::vector<listen_address>& addresses, std::string_view text);

template <auto Member>
expectation take_address(config& settings, std::string_view text)
{
    return take_listen_address(settings.*Member, text);
}

template <auto Member>
expectation take_switch(config& settings, std::string_view text)
{
    if (text != "true" && text != "false") return "true or false";
    settings.*Member = text == "true";
    return {};
}

template <auto Member, std::uint64_t Least, std::uint64_t Greatest>
expectation take_count(config& settings, std::string_view text)
{
    const auto number = parse_count(text);
    if (!number || *number < Least || *number > Greatest) {
        return "a number from " + std::to_string(Least) + " to " + std::to_string(Greatest);
    }
    settings.*Member = static_cast<unsigned>(*number);
    return {};
}

template <auto Member>
expectation take_size(config& settings, std::string_view text)
{
    constexpr std::uint64_t least = 1 << 20;
    const auto size = parse_size(text);
    if (!size || *size < least) return "a size of at least 1MiB such as 64MiB or 1GiB";
    settings.*Member = *size;
    return {};
}

template <auto Member, std::uint64_t Greatest>
expectation take_thread_count(config& settings, std::string_view text)
{
    if (text == "auto") {
        settings.*Member = 0;
        return {};
    }
    auto expected = take_count<Member, 1, Greatest>(settings, text);
    if (expected) *expected += ", or auto";
    return expected;
}

enum class zero_span { refused, allowed };

template <auto Member, zero_span Zero = zero_span::refused>
expectation take_span(config& settings, std::string_view text)
{
    const auto span = parse_duration(text);
    if (!span) return "a duration such as 90s, 168h, 30d or 1y";
    if (Zero == zero_span::refused && *span < std::chrono::seconds{1}) return "a duration of at least 1s";
    settings.*Member = *span;
    return {};
}

template <class Enum>
struct choice {
    std::string_view name;
    Enum value;
};

inline constexpr std::array<choice<audit_sync>, 3> audit_syncs = {
    {{"always", audit_sync::always}, {"interval", audit_sync::interval}, {"never", audit_sync::never}}};
inline constexpr std::array<choice<audit_when_full>, 2> audit_when_fulls = {
    {{"refuse", audit_when_full::refuse}, {"wait", audit_when_full::wait}}};
inline constexpr std::array<choice<verification_logging>, 3> verification_loggings = {
    {{"all", verification_logging::all},
     {"denied", verification_logging::denied},
     {"none", verification_logging::none}}};
inline constexpr std::array<choice<same_site>, 2> same_sites = {
    {{"lax", same_site::lax}, {"none", same_site::none}}};
inline constexpr std::array<choice<verify_mode>, 2> verify_modes = {
    {{"strict", verify_mode::strict}, {"rich", verify_mode::rich}}};
inline constexpr std::array<choice<log_level>, 4> log_levels = {{{"debug", log_level::debug},
                                                                 {"info", log_level::info},
                                                                 {"warning", log_level::warning},
                                                                 {"error", log_level::error}}};
inline constexpr std::array<choice<request_logging>, 3> request_loggings = {
    {{"none", request_logging::none}, {"api", request_logging::api}, {"all", request_logging::all}}};
inline constexpr std::array<choice<log_format>, 2> log_formats = {
    {{"text", log_format::text}, {"json", log_format::json}}};

template <auto Member, const auto& Choices>
expectation take_choice(config& settings, std::string_view text)
{
    std::string names;
    for (const auto& known : Choices) {
        if (known.name == text) {
            settings.*Member = known.value;
            return {};
        }
        if (!names.empty()) names += &known == &Choices.back() ? " or " : ", ";
        names += known.name;
    }
    return names;
}

// Zero and below turn the limit off, as Coder has it (contract 3.8).
expectation take_rate_limit(config& settings, std::string_view text);
expectation take_trusted_proxy(config& settings, std::string_view text);
expectation take_access_url(config& settings, std::string_view text);
expectation take_coder_version(config& settings, std::string_view text);
expectation take_store(config& settings, std::string_view text);
expectation take_cache_lease(config& settings, std::string_view text);
expectation take_rotate_size(config& settings, std::string_view text);
expectation take_first_email(config& settings, std::string_view text);
expectation take_first_username(config& settings, std::string_view text);
expectation take_first_password(config& settings, std::string_view text);

} // namespace latchkey
