// The fuzz targets: each is one function that plays one input, and ends the process when something that must
// always hold does not. Compiled twice: with libFuzzer (./dev fuzz), and with replay.cpp, which plays the
// committed inputs of corpus/ as ordinary tests. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace latchkey::fuzz {

// In NAME_target.cpp, each with a line on what it is about.
void play_audit_file(std::string_view input);
void play_audit_line(std::string_view input);
void play_config(std::string_view input);
void play_duration(std::string_view input);
void play_form_body(std::string_view input);
void play_http_head(std::string_view input);
void play_http_session(std::string_view input);
void play_json_bodies(std::string_view input);
void play_redis_records(std::string_view input);
void play_redis_replies(std::string_view input);
void play_requests(std::string_view input);
void play_rights_text(std::string_view input);
void play_search(std::string_view input);
void play_token_text(std::string_view input);
void play_url(std::string_view input);

struct target {
    std::string_view name;
    void (*play)(std::string_view input);
};

inline constexpr target all_targets[] = {
    {"audit_file", play_audit_file},
    {"audit_line", play_audit_line},
    {"config", play_config},
    {"duration", play_duration},
    {"form_body", play_form_body},
    {"http_head", play_http_head},
    {"http_session", play_http_session},
    {"json_bodies", play_json_bodies},
    {"redis_records", play_redis_records},
    {"redis_replies", play_redis_replies},
    {"requests", play_requests},
    {"rights_text", play_rights_text},
    {"search", play_search},
    {"token_text", play_token_text},
    {"url", play_url},
};

// Null: there is none of that name.
inline const target* find_target(std::string_view name) noexcept
{
    for (const target& one : all_targets) {
        if (one.name == name) return &one;
    }
    return nullptr;
}

// Says what did not hold, and aborts: a crash for libFuzzer, a failure for replay.cpp.
[[noreturn]] inline void fail(const char* what, const char* file, int line)
{
    std::fprintf(stderr, "%s:%d: this must hold: %s\n", file, line, what);
    std::abort();
}

// Takes decisions off the front of an input; what is left over is the text that they are about.
class choices {
public:
    explicit choices(std::string_view input) noexcept : rest_{input} {}

    bool empty() const noexcept { return rest_.empty(); }
    std::string_view rest() const noexcept { return rest_; }

    // 0 when there is nothing left.
    std::uint8_t byte() noexcept
    {
        if (rest_.empty()) return 0;
        const auto value = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }

    // Below `end`, which is not zero.
    std::size_t below(std::size_t end) noexcept { return byte() % end; }

    std::string_view text(std::size_t length) noexcept
    {
        const std::string_view taken = rest_.substr(0, length);
        rest_.remove_prefix(taken.size());
        return taken;
    }

private:
    std::string_view rest_;
};

} // namespace latchkey::fuzz

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): the text of the condition is the message
#define MUST(condition) ((condition) ? void() : ::latchkey::fuzz::fail(#condition, __FILE__, __LINE__))
