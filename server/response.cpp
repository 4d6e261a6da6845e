#include "server/response.hpp"

#include "server/head_writer.hpp"

#include <boost/beast/http/status.hpp>

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace latchkey {
namespace {

// Written once, copied often: the status lines of the answers that make up nearly all traffic.
constexpr struct {
    unsigned status;
    std::string_view line;
} status_lines[] = {
    {200, "HTTP/1.1 200 OK\r\n"},
    {401, "HTTP/1.1 401 Unauthorized\r\n"},
    {403, "HTTP/1.1 403 Forbidden\r\n"},
    {201, "HTTP/1.1 201 Created\r\n"},
    {204, "HTTP/1.1 204 No Content\r\n"},
    {404, "HTTP/1.1 404 Not Found\r\n"},
    {400, "HTTP/1.1 400 Bad Request\r\n"},
    {429, "HTTP/1.1 429 Too Many Requests\r\n"},
    {503, "HTTP/1.1 503 Service Unavailable\r\n"},
};

void write_status_line(head_writer& head, unsigned status)
{
    for (const auto& one : status_lines) {
        if (one.status != status) continue;
        head.write(one.line);
        return;
    }
    const auto reason = http::obsolete_reason(static_cast<http::status>(status));
    head.write("HTTP/1.1 ");
    head.write(std::size_t{status});
    head.write(" ");
    head.write({reason.data(), reason.size()});
    head.write("\r\n");
}

// RFC 9110 8.6 and 15.3.5: these have no body, and 1xx and 204 must not state a length.
bool has_no_body(unsigned status) noexcept
{
    return status < 200 || status == 204 || status == 304;
}

struct dated_lines {
    std::time_t second = -1;
    std::size_t size = 0;
    std::array<char, 160> text{};

    void make(std::time_t now) noexcept
    {
        // Not strftime: the names must not follow the locale (RFC 9110 5.6.7).
        static constexpr char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr char months[][4] = {
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        std::tm utc{};
        gmtime_r(&now, &utc);
        const int written = std::snprintf(text.data(),
                                          text.size(),
                                          "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n"
                                          "Server: Latchkey/%s\r\n"
                                          "X-Content-Type-Options: nosniff\r\n",
                                          days[utc.tm_wday],
                                          utc.tm_mday,
                                          months[utc.tm_mon],
                                          utc.tm_year + 1900,
                                          utc.tm_hour,
                                          utc.tm_min,
                                          utc.tm_sec,
                                          LATCHKEY_VERSION);
        size = static_cast<std::size_t>(written);
        second = now;
    }
};

} // namespace

void response::add_header(std::string_view name, std::string_view value)
{
    headers.append(name).append(": ");
    for (const char character : value) {
        const auto code = static_cast<unsigned char>(character);
        headers += code < 0x20 || code == 0x7f ? '?' : character;
    }
    headers.append("\r\n");
}

void write_connection_line(head_writer& head, const request& asked, bool keep_alive) noexcept
{
    if (!keep_alive) {
        head.write("Connection: close\r\n");
    } else if (asked.version < 11) {
        head.write("Connection: keep-alive\r\n");
    }
}

std::string_view common_header_lines() noexcept
{
    thread_local dated_lines lines;
    const std::time_t now = std::time(nullptr);
    if (now != lines.second) lines.make(now);
    return {lines.text.data(), lines.size};
}

void append_response(output_buffer& out, const request& asked, const response& answer, bool keep_alive)
{
    const bool bodiless = has_no_body(answer.status);
    const bool typed = !bodiless && !answer.body.empty();
    head_writer head;
    write_status_line(head, answer.status);
    head.write(common_header_lines());
    head.write("X-Coder-Request-Id: ");
    head.write(asked.id);
    head.write("\r\n");
    if (answer.rest && can_be_chunked(asked)) {
        head.write("Transfer-Encoding: chunked\r\n");
    } else if (!bodiless && !answer.rest) {
        head.write("Content-Length: ");
        head.write(answer.body.size());
        head.write("\r\n");
    }
    write_connection_line(head, asked, keep_alive && !answer.close);
    out.append(head.view());
    if (typed) out.append("Content-Type: ").append(answer.content_type).append("\r\n");
    out.append(answer.headers).append("\r\n");
    if (bodiless || asked.method == http::verb::head) return;
    if (answer.rest) return append_piece(out, asked, answer.body);
    out.append(answer.body);
}

void append_piece(output_buffer& out, const request& asked, std::string_view piece)
{
    if (!can_be_chunked(asked)) {
        out.append(piece); // ends with the connection
        return;
    }
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16).ptr;
    out.append(digits.data(), end).append("\r\n").append(piece).append("\r\n");
}

} // namespace latchkey
