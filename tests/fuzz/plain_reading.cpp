#include "tests/fuzz/plain_reading.hpp"

#include "server/request_parser.hpp"

namespace latchkey::fuzz {
namespace {

enum class ending { whole, cut, refused };

// Of the request at the front of `bytes`; `taken` when it is whole.
ending read_body(request_parser& parser,
                 std::string_view behind_head,
                 const http_limits& limits,
                 std::string& body,
                 std::size_t& taken)
{
    if (parser.is_chunked()) {
        switch (parser.read_chunks(behind_head, body, taken)) {
        case parse_progress::done: return ending::whole;
        case parse_progress::need_more: return ending::cut;
        case parse_progress::refused: return ending::refused;
        }
    }
    if (parser.content_length() > limits.body_bytes) return ending::refused;
    if (parser.content_length() > behind_head.size()) return ending::cut;
    taken = static_cast<std::size_t>(parser.content_length());
    body = behind_head.substr(0, taken);
    return ending::whole;
}

} // namespace

std::string text_of(const request& asked, std::string_view body)
{
    std::string text;
    for (const std::string_view part : {asked.method_text,
                                        asked.target,
                                        asked.path,
                                        asked.query,
                                        asked.host,
                                        asked.authorization,
                                        asked.session_token,
                                        asked.cookie,
                                        asked.user_agent,
                                        asked.csrf_token,
                                        asked.bypass_limit,
                                        asked.forwarded_for,
                                        body}) {
        text += part;
        text += ' ';
    }
    text += std::to_string(asked.version) + (asked.keep_alive ? " kept" : " closed");
    text += asked.authorization_repeated ? " twice" : "";
    text += asked.has_body ? " body " : " ";
    text += std::to_string(asked.least_revision);
    return text;
}

head_verdict verdict_for(const request& asked)
{
    if (asked.path.starts_with("/v")) return head_verdict::answered;
    if (asked.path.starts_with("/i")) return head_verdict::ignores_body;
    return head_verdict::wants_body;
}

plain_reading read_plainly(std::string_view bytes, const http_limits& limits)
{
    plain_reading result;
    bool is_blank_line_skipped = false;
    while (!bytes.empty()) {
        if (!is_blank_line_skipped && bytes.starts_with("\r\n")) {
            is_blank_line_skipped = true;
            bytes.remove_prefix(2);
            continue;
        }
        if (!is_blank_line_skipped && bytes == "\r") return result;
        request read;
        request_parser parser{read, limits};
        const parse_progress progress = parser.read_head(bytes);
        result.is_refused = progress == parse_progress::refused;
        if (progress != parse_progress::done) return result;

        std::string body;
        std::size_t taken = 0;
        const bool wants_body = verdict_for(read) == head_verdict::wants_body;
        const ending end = read_body(parser, bytes.substr(parser.head_size()), limits, body, taken);
        if (read.has_body && !wants_body) {
            result.is_certain = false;
            return result;
        }
        result.is_refused = end == ending::refused;
        if (end != ending::whole) return result;
        result.requests.push_back(text_of(read, wants_body ? std::string_view{body} : std::string_view{}));
        const bool closes = verdict_for(read) != head_verdict::answered && read.path.ends_with('c');
        if (!read.keep_alive || closes) return result;
        bytes.remove_prefix(parser.head_size() + taken);
        is_blank_line_skipped = false;
    }
    return result;
}

} // namespace latchkey::fuzz
