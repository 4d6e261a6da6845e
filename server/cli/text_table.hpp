// Rows in columns for people, and the small forms in which people read times and spans. Pure, any thread.
#pragma once

#include "server/cli/server_client.hpp"
#include "storage/clock.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::cli {

using text_row = std::vector<std::string>;

// Control characters become '?': what a user named something must not steer a terminal.
std::string printable(std::string_view text);

// The first row is the heading; the last column is not padded.
std::string table_text(const std::vector<text_row>& rows);

// "name   value" lines.
std::string fields_text(const std::vector<text_row>& fields);

std::string minute_text(std::string_view rfc3339); // "2026-11-26 10:42", in UTC; "never" for the epoch

std::string json_line(const json::value& value); // with a newline

// `30d`, `12h`, `1w2d`, besides what auth/duration.hpp takes. Throws command_failure (usage).
std::chrono::nanoseconds parse_lifetime(std::string_view text);

// Throws command_failure (usage). `option` is what it was given for.
std::size_t parse_number(const std::string& text, std::string_view option);

} // namespace latchkey::cli
