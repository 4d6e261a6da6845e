#include "server/log.hpp"

#include "auth/time_text.hpp"
#include "server/number_text.hpp"
#include "storage/hex_text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <unistd.h>
#include <utility>

namespace latchkey {

namespace {

constexpr std::size_t text_message_width = 32;
constexpr std::string_view replacement_character = "\xef\xbf\xbd"; // U+FFFD

std::string_view level_name(log_level level) noexcept
{
    switch (level) {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warning: return "warning";
    case log_level::error: return "error";
    }
    return "error";
}

std::string_view padded_level_name(log_level level) noexcept
{
    switch (level) {
    case log_level::debug: return "DEBUG  ";
    case log_level::info: return "INFO   ";
    case log_level::warning: return "WARNING";
    case log_level::error: return "ERROR  ";
    }
    return "ERROR  ";
}

// Always with milliseconds, so that the columns of the text format stay where they are.
void append_time(std::string& out, time_point when)
{
    const auto second = std::chrono::floor<std::chrono::seconds>(when);
    const auto fraction = std::chrono::floor<std::chrono::milliseconds>(when - second).count();
    append_rfc3339(out, second);
    out.back() = '.';
    out += static_cast<char>('0' + fraction / 100);
    out += static_cast<char>('0' + fraction / 10 % 10);
    out += static_cast<char>('0' + fraction % 10);
    out += 'Z';
}

// How many bytes the UTF-8 character at the start of `text` has (RFC 3629, 4); 0: it is none.
std::size_t character_length(std::string_view text) noexcept
{
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
    for (std::size_t at = 1; at < length; ++at) {
        if ((byte(at) & 0xc0) != 0x80) return 0;
    }
    const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    const bool surrogate = first == 0xed && byte(1) > 0x9f;
    const bool beyond = first == 0xf4 && byte(1) > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

void append_escape(std::string& out, unsigned char character)
{
    out += "\\u00";
    append_hex(out, character);
}

// Escaped as JSON wants it, and beyond that DEL and the C1 controls, which terminals obey: no value can
// begin a line of its own or colour one.
void append_escaped(std::string& out, std::string_view text)
{
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        const auto first = static_cast<unsigned char>(text.front());
        if (length == 0) {
            out += replacement_character;
        } else if (first == '"' || first == '\\') {
            out += '\\';
            out += text.front();
        } else if (first == '\n') {
            out += "\\n";
        } else if (first < 0x20 || first == 0x7f) {
            append_escape(out, first);
        } else if (first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) {
            append_escape(out, static_cast<unsigned char>(text[1]));
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
}

void append_quoted_text(std::string& out, std::string_view text)
{
    out += '"';
    append_escaped(out, text);
    out += '"';
}

// A word that can stand without quotes in the text format.
bool is_plain_word(std::string_view text) noexcept
{
    constexpr auto is_plain = [](unsigned char c) {
        return c > 0x20 && c < 0x7f && c != '"' && c != '=' && c != '\\';
    };
    return !text.empty() && std::ranges::all_of(text, is_plain);
}

struct value_writer {
    std::string& out;
    bool always_quotes;

    void operator()(std::string_view text) const
    {
        if (always_quotes || !is_plain_word(text)) {
            append_quoted_text(out, text);
        } else {
            out += text;
        }
    }
    void operator()(std::int64_t number) const { append_number(out, number); }
    void operator()(std::uint64_t number) const { append_number(out, number); }
    void operator()(double number) const
    {
        // JSON has no NaN and no infinity.
        if (std::isfinite(number))
            append_number(out, number);
        else
            out += "null";
    }
    void operator()(bool flag) const { out += flag ? "true" : "false"; }
    void operator()(const boost::system::error_code& ec) const { (*this)(std::string_view{ec.message()}); }
};

void append_text_line(std::string& out, log_level level, std::string_view message, log_fields fields)
{
    out += ' ';
    out += padded_level_name(level);
    out += ' ';
    const std::size_t message_start = out.size();
    append_escaped(out, message);
    const std::size_t width = out.size() - message_start;
    if (fields.size() > 0 && width < text_message_width) out.append(text_message_width - width, ' ');
    for (const log_field& field : fields) {
        out += ' ';
        append_escaped(out, field.name());
        out += '=';
        std::visit(value_writer{out, false}, field.value());
    }
    out += '\n';
}

void append_json_line(std::string& out, log_level level, std::string_view message, log_fields fields)
{
    out += R"(","level":")";
    out += level_name(level);
    out += R"(","message":)";
    append_quoted_text(out, message);
    for (const log_field& field : fields) {
        out += ',';
        append_quoted_text(out, field.name());
        out += ':';
        std::visit(value_writer{out, true}, field.value());
    }
    out += "}\n";
}

} // namespace

log_sink standard_error_sink()
{
    return [](std::string_view line) {
        // Only an interrupted call is repeated: the rest of a cut line would land amid another thread's.
        while (::write(STDERR_FILENO, line.data(), line.size()) < 0 && errno == EINTR) {
        }
    };
}

logger::logger(log_level least, log_format format, const clock& now, log_sink sink)
    : least_{least},
      format_{format},
      clock_{now},
      sink_{std::move(sink)}
{}

void logger::debug(std::string_view message, log_fields fields) const noexcept
{
    write(log_level::debug, message, fields);
}

void logger::info(std::string_view message, log_fields fields) const noexcept
{
    write(log_level::info, message, fields);
}

void logger::warning(std::string_view message, log_fields fields) const noexcept
{
    write(log_level::warning, message, fields);
}

void logger::error(std::string_view message, log_fields fields) const noexcept
{
    write(log_level::error, message, fields);
}

void logger::write(log_level level, std::string_view message, log_fields fields) const noexcept
{
    if (!is_on(level)) return;
    try {
        std::string line;
        line.reserve(256);
        if (format_ == log_format::json) line += R"({"time":")";
        append_time(line, clock_.now());
        if (format_ == log_format::json) {
            append_json_line(line, level, message, fields);
        } else {
            append_text_line(line, level, message, fields);
        }
        sink_(line);
    } catch (...) {
        // Out of memory, or the sink is broken: there is nobody left to tell, and a request must not fail
        // because of a log line.
    }
}

} // namespace latchkey
